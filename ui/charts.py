"""DataFrame -> chart."""

import altair as alt
import pandas as pd

from ui.safe import printable

# After Okabe and Ito: told apart by the colour-blind, on light and dark; the shapes say it again.
GAP_COLOURS = {"fix": "#D55E00", "steal": "#2E8BC0", "category": "#CC79A7", "undecided": "#8A8A8A"}
GAP_SHAPES = {"fix": "circle", "steal": "square", "category": "diamond", "undecided": "triangle-up"}


def opportunity_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Draw each theme's opportunity as a point on its 90 % interval, best first."""
    rows = frame[["label", "n_detractors", "opportunity", "opportunity_low", "opportunity_high"]].assign(
        label=[
            f"{rank}. {printable(label)}" for rank, label in zip(frame["rank"], frame["label"], strict=True)
        ],
        gap=frame["gap"].fillna("undecided"),
    )
    kinds = list(GAP_COLOURS)
    base = alt.Chart(rows).encode(
        y=alt.Y(
            "label:N",
            sort=list(rows["label"]),
            title=None,
            axis=alt.Axis(labelLimit=190, labelFlush=False, labelBaseline="middle", ticks=False),
        ),
        color=alt.Color(
            "gap:N",
            scale=alt.Scale(domain=kinds, range=list(GAP_COLOURS.values())),
            legend=alt.Legend(title=None, orient="bottom", columns=2, symbolOpacity=1),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="Theme"),
            alt.Tooltip("n_detractors:Q", title="People"),
            alt.Tooltip("opportunity:Q", title="Opportunity", format=".1f"),
            alt.Tooltip("opportunity_low:Q", title="from", format=".1f"),
            alt.Tooltip("opportunity_high:Q", title="to", format=".1f"),
        ],
    )
    spans = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        x=alt.X("opportunity_low:Q", title="Opportunity (0–20)", scale=alt.Scale(domain=[0, 20])),
        x2="opportunity_high:Q",
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x="opportunity:Q",
        shape=alt.Shape("gap:N", scale=alt.Scale(domain=kinds, range=list(GAP_SHAPES.values()))),
    )
    chart: alt.LayerChart = (spans + points).properties(height=alt.Step(26))
    return chart
