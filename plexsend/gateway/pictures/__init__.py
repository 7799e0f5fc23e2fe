"""Pictures: what the gateway takes, and making that of what it would refuse. The one door to Pillow."""
