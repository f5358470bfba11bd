namespace LmmFunctional.Charts

/// <summary>Colours and the common style.</summary>
/// <remarks>Colours of Okabe and Ito (2008), which people with any colour vision tell apart. Axes and text have the colour of the
/// page around them (<c>currentColor</c>), so that one drawing serves on light and dark ground and in print.</remarks>
[<RequireQualifiedAccess>]
module Theme =

    /// Blue, for data and estimates.
    let blue = "#0072B2"
    /// Vermilion, for smoothers, models and what is conspicuous.
    let vermilion = "#D55E00"
    /// Bluish green.
    let green = "#009E73"
    /// Orange.
    let orange = "#E69F00"
    /// Sky blue.
    let sky = "#56B4E9"
    /// Reddish purple.
    let purple = "#CC79A7"

    /// The colours of groups, in order; yellow and black are left out, which vanish on light or dark ground.
    let groups = [ blue; vermilion; green; orange; purple; sky; "#999999" ]

    let private colour = "color", Json.Text "currentColor"
    let private ink name = name, Json.Text "currentColor"

    let private sans =
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

    /// Vega-Lite's config.
    let internal config =
        Json.Object [
            "background", Json.Null
            "font", Json.Text sans
            "view", Json.Object [ "stroke", Json.Null ]
            "range",
            Json.Object [
                "category", Json.texts groups
                "diverging", Json.texts [ vermilion; "#F2F2F2"; blue ]
                "heatmap", Json.texts [ "#F2F2F2"; blue ]
            ]
            "title",
            Json.Object [
                ink "color"
                ink "subtitleColor"
                "anchor", Json.Text "start"
                "frame", Json.Text "group"
                "fontSize", Json.Number 14.0
                "fontWeight", Json.Number 600.0
                "subtitleFontSize", Json.Number 11.5
                "subtitlePadding", Json.Number 5.0
                "offset", Json.Number 12.0
            ]
            "axis",
            Json.Object [
                ink "labelColor"
                ink "titleColor"
                ink "domainColor"
                ink "tickColor"
                ink "gridColor"
                "gridOpacity", Json.Number 0.12
                "domainOpacity", Json.Number 0.5
                "tickOpacity", Json.Number 0.5
                "labelFontSize", Json.Number 11.0
                "titleFontSize", Json.Number 12.0
                "titleFontWeight", Json.Number 500.0
                "titlePadding", Json.Number 8.0
                "labelLimit", Json.Number 220.0
            ]
            "axisX", Json.Object [ "tickCount", Json.Number 6.0 ]
            "axisBand", Json.Object [ "labelOverlap", Json.Bool true ]
            "legend",
            Json.Object [
                ink "labelColor"
                ink "titleColor"
                "labelFontSize", Json.Number 11.0
                "titleFontSize", Json.Number 11.5
                "titleFontWeight", Json.Number 500.0
                "orient", Json.Text "top"
                "symbolOpacity", Json.Number 1.0
                "labelLimit", Json.Number 240.0
            ]
            "header",
            Json.Object [
                ink "labelColor"
                ink "titleColor"
                "labelFontSize", Json.Number 11.0
                "labelFontWeight", Json.Number 500.0
            ]
            "text", Json.Object [ colour; "fontSize", Json.Number 11.0 ]
            "rule", Json.Object [ colour ]
        ]
