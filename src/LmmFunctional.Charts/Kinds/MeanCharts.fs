namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Marginal means with intervals and letters.</summary>
[<RequireQualifiedAccess>]
module internal MeanCharts =

    // More comparisons take long and their letters say nothing.
    let private mostLetters = 30

    let label (levels: (string * string) list) =
        levels |> List.map snd |> String.concat " "

    /// Means that the data determine, each with its place among all.
    let known (means: MarginalMeans) = [
        for index, mean in List.indexed means.Means do
            match mean.Estimate with
            | Ok own -> index, mean, own
            | Error _ -> ()
    ]

    let private lettersOf (means: MarginalMeans) =
        let families = means.Means |> List.countBy _.Group |> List.map snd

        if List.max families > mostLetters || List.max families < 2 then
            None
        else
            CompactLetters.create (1.0 - means.Level) Adjustment.Tukey means
            |> Result.toOption

    let columns (found: (int * MarginalMean * Estimate) list) (letters: string list option) =
        let number f =
            found |> List.map (fun (_, _, own: Estimate) -> f own) |> Column.ofFloats

        [
            "mean", number _.Estimate
            "se", number _.StandardError
            "df", number _.Df
            "lower", number _.Lower
            "upper", number _.Upper
            match letters with
            | Some letters -> "letters", found |> List.map (fun (index, _, _) -> letters[index]) |> Column.ofStrings
            | None -> ()
        ]

    let private held (means: MarginalMeans) = [
        match means.AveragedOver with
        | [] -> ()
        | names ->
            let names = String.concat ", " names
            $"averaged over {names}"

        match means.HeldAt with
        | [] -> ()
        | values ->
            let values =
                values
                |> List.map (fun (name, value) -> $"{name} = {value}")
                |> String.concat ", "

            $"at {values}"
    ]

    let percent (means: MarginalMeans) =
        NumberText.significant 4 (100.0 * means.Level)

    let heading (means: MarginalMeans) = [
        $"{percent means} %% confidence intervals, df {DegreesOfFreedomMethod.describe means.Method}"
        match held means with
        | [] -> ()
        | parts -> String.concat "; " parts
    ]

    let capital (text: string) =
        if text = "" then
            text
        else
            Char.ToUpperInvariant(text[0]).ToString() + text.Substring 1

    let tooltip = [
        "level", "level"
        "mean", "estimate"
        "se", "standard error"
        "df", "df"
        "lower", "from"
        "upper", "to"
    ]

    /// Marginal means with intervals, and letters where they are few: means that share one do not differ.
    let means (means: MarginalMeans) : Result<ChartSpec, LmmError list> =
        match known means with
        | [] -> Drawing.nothing "means" "the data determine none of the means."
        | found ->
            let letters = lettersOf means
            let hasFamilies = not means.By.IsEmpty

            let data =
                Drawing.frame (
                    [
                        "level", found |> List.map (fun (_, mean, _) -> label mean.Levels) |> Column.ofStrings
                        if hasFamilies then
                            "family", found |> List.map (fun (_, mean, _) -> label mean.Group) |> Column.ofStrings
                    ]
                    @ columns found letters
                )

            let over = String.concat " and " means.Over

            let most =
                found
                |> List.countBy (fun (_, mean, _) -> mean.Group)
                |> List.map snd
                |> List.max

            let order =
                found |> List.map (fun (_, mean, _) -> label mean.Levels) |> List.distinct

            let y =
                Channel.namesIn order "y" "level" over
                |> Channel.withProperty "axis" (Json.Object [ "grid", Json.Bool false ])

            let x field = Channel.number "x" field means.Quantity

            let layers = [
                Layer.create "rule" "means" [ y; x "lower"; Channel.other "x2" "upper" ]
                |> Layer.styled [ "color", Json.Text Theme.blue; "strokeWidth", Json.Number 2.5 ]
                Layer.create "point" "means" [ y; x "mean" ]
                |> Drawing.coloured Theme.blue
                |> Layer.styled [
                    "filled", Json.Bool true
                    "size", Json.Number 70.0
                    "opacity", Json.Number 1.0
                ]
                |> Layer.telling (tooltip @ (if letters.IsSome then [ "letters", "letters" ] else []))
                if letters.IsSome then
                    Layer.create "text" "means" [ y; x "upper"; Channel.text "letters" ]
                    |> Layer.styled [
                        "align", Json.Text "left"
                        "dx", Json.Number 8.0
                        "fontSize", Json.Number 12.0
                        "tooltip", Json.Bool false
                    ]
            ]

            let lettersWords = [
                if letters.IsSome then
                    $"means that share a letter do not differ at {NumberText.significant 3 (100.0 * (1.0 - means.Level))} %% (Tukey)"
            ]

            let chart =
                Drawing.chart
                    "means"
                    $"{capital (means.Quantity)} by {over}"
                    (heading means @ lettersWords)
                    $"{capital (means.Quantity)} at {found.Length} combinations of levels with {percent means} %% confidence intervals."
                    [ "means", data ]
                    (if hasFamilies then
                         View.Facets("family", 3, true, true, layers)
                     else
                         View.Layers layers)

            {
                chart with
                    Width = if hasFamilies then 240 else 480
                    Height = max 80 (26 * most)
            }
            |> Ok
