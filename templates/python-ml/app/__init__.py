"""The service for what takes much computing."""

NAME = "ml"
PORT = 8000
