"""What is asked and answered over HTTP: the one door of falcon and uvicorn."""
