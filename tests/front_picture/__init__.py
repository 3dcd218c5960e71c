"""The pictures of the README and the guides, made of what the product makes: `python -m tests.front_picture FOLDER`."""
