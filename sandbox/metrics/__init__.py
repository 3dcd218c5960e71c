"""What becomes of posts: a model of growth in closed form, so that the figures of any moment can be computed."""
