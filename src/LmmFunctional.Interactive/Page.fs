namespace LmmFunctional.Interactive

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Reports, frames and problems as HTML for the output of a cell.</summary>
[<RequireQualifiedAccess>]
module internal Page =

    // Colours are the notebook's own, so that light and dark ones both fit.
    let private style =
        "<style>.lmm table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
        + ".lmm th,.lmm td{padding:2px 10px;text-align:left;white-space:nowrap}.lmm .r{text-align:right}"
        + ".lmm td.wrap{white-space:normal}.lmm thead th{border-bottom:1px solid currentColor}"
        + ".lmm .scroll{overflow-x:auto}.lmm h4{margin:0.8em 0 0.3em}.lmm pre{margin:0}</style>"

    let private element tag text =
        $"<{tag}>{TableHtml.escape text}</{tag}>"

    /// The content of a cell's output.
    let wrap (lines: string list) : string =
        [ "<div class=\"lmm\">"; style; yield! lines; "</div>" ] |> String.concat "\n"

    let private table (table: Table) = [ "<div class=\"scroll\">"; yield! TableHtml.ofTable table; "</div>" ]

    let private block (part: Block) =
        match part with
        | Block.Title title -> [ element "h3" title ]
        | Block.Heading heading -> [ element "h4" heading ]
        | Block.Code(label, code) ->
            let label, code = TableHtml.escape label, element "code" code
            [ $"<div>{label}: {code}</div>" ]
        | Block.Line line -> [ element "div" line ]
        | Block.Grid grid -> table grid

    /// A report.
    let ofBlocks (blocks: Block list) : string = blocks |> List.collect block |> wrap

    // Rows of a frame that a cell shows.
    let private most = 20

    /// The first rows of a frame as a report, the rest counted.
    let frameBlocks (frame: Frame) : Block list = [
        Block.Grid(FrameText.grid most frame)

        if frame.Rows > most then
            Block.Line $"... and {frame.Rows - most} more of {frame.Rows} rows"
    ]

    /// Problems, one below the other.
    let problemBlocks (problems: LmmError list) : Block list = [
        for problem in problems -> Block.Line(LmmError.describe problem)
    ]

    /// The formula, the equations and what their letters stand for.
    let ofSpec (spec: LmmSpec) : string =
        wrap [
            element "code" (Formula.print spec)
            ModelEquation.toMathMl spec
            for note in (ModelEquation.ofSpec spec).Notes do
                element "div" note
        ]

    /// Text as it stands.
    let ofText (text: string) : string = wrap [ element "pre" text ]

    /// <summary>A whole page inside the output of a cell, apart from the rest of the notebook.</summary>
    /// <param name="height">In pixels.</param>
    /// <param name="page">The page.</param>
    let frameOf (height: int) (page: string) : string =
        $"<iframe style=\"width:100%%;height:{height}px;border:0\" srcdoc=\"{TableHtml.escape page}\"></iframe>"
