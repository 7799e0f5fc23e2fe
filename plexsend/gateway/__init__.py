"""What API PLEX accepts and answers: services, schemas, codes as data, and the HTTP client."""
