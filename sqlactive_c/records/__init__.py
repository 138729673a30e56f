"""What Active Record models do: read, write, and share a transaction."""
