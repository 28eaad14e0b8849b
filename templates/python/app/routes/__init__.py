"""Every module here is served: drop one in to add a route, delete it to take the route away."""
