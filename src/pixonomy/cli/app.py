"""Every verb goes in; the one application that parses a call and runs its verb comes out."""

import typer

from pixonomy.cli import (
    audit,
    bench,
    catalogue,
    collect,
    compare,
    data,
    export,
    model,
    predict,
    study,
)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Photographs in, a trained, honest image classifier out.",
)
for verb in (
    model.fit,
    model.classify,
    model.demo,
    collect.collect,
    data.index,
    catalogue.browse,
    audit.audit,
    catalogue.sample,
    data.split,
    export.export,
    data.prepare,
    model.train,
    model.evaluate,
    compare.compare,
    study.study,
    predict.predict,
    bench.bench,
):
    app.command()(verb)
app.add_typer(collect.taxonomy, name="taxonomy")
app.add_typer(collect.gallery, name="gallery")
