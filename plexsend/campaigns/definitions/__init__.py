"""What a campaign is: its file as a person writes it, judged and read."""
