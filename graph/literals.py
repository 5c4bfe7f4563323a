"""Literals"""
def normalise(text: str, datatype: str) -> str | None:
    return None
def is_literal(text: str, datatype: str) -> bool:
    return False
