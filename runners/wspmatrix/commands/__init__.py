"""The commands of wspmatrix, a module each: add_parser(commands) describes it, main(args) does it."""
