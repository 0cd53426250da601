"""Controllable image restoration: five papers, one idea of a knob."""
