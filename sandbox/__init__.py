"""Stand-ins for other people's servers, which behave as those do, errors included."""
