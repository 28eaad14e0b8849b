"""The JSON API: items in a database file."""

NAME = "api"
PORT = 8001
