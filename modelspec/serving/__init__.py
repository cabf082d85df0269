"""What runs inside the image: answers requests, imports nothing of the rest of modelspec."""
