"""Models and statements that are built once through each library."""
