"""Extensions, under the path that users of SQLAlchemy know."""
