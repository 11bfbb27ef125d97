"""The student's side: run a lesson, export it, hand it in, and see how far one is."""
