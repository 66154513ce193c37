"""The command line as a page, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click
import typer

from datapilot_domain.markdown import code, escape, table


def commands_page() -> str:
    from datapilot_interfaces.cli.main import app

    lines = [
        "# Command line",
        "",
        "Rows go to stdout, everything else to stderr. Exit codes: 0 done, 1 something failed, 2 wrong usage, "
        "3 input refused, held or waiting (nothing is lost).",
    ]
    for path, command in _commands(typer.main.get_group(app), ("datapilot",)):
        arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
        usage = " ".join([*path, *(argument.make_metavar(_context(command)) for argument in arguments)])
        lines += ["", f"## {' '.join(path)}", "", escape(" ".join((command.help or "").split())), "", code(usage)]
        described = [*_arguments(arguments), *_options(command)]
        if described:
            lines += ["", *table(("", "", "Default"), described)]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield (*path, name), command
            yield from _commands(command, (*path, name))
        elif not command.hidden:
            yield (*path, name), command


def _context(command: click.Command) -> click.Context:
    return click.Context(command)


def _arguments(arguments: list[click.Argument]) -> list[list[str]]:
    return [[code(argument.name), escape(getattr(argument, "help", None) or ""), "required"] for argument in arguments]


def _options(command: click.Command) -> Iterator[list[str]]:
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            names = "/".join([*option.opts, *option.secondary_opts])
            kind = "" if option.is_flag else f" {option.make_metavar(_context(command))}"
            yield [code(names + kind), escape(option.help or ""), _default(option)]


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    value = getattr(option.default, "value", option.default)
    return "" if value is None or value is False or callable(value) else code(value)
