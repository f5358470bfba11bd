namespace LmmFunctional.Analysis

open LmmFunctional

/// <summary>What is told of marginal means: the means, their letters, their comparisons.</summary>
[<ReferenceEquality>]
type MarginalResult = {
    Means: MarginalMeans
    /// The letters of each mean, with the adjustment they were found by.
    Letters: (Adjustment * string list) option
    Contrasts: MarginalContrasts option
}

/// <summary>Marginal means as text and Markdown.</summary>
[<RequireQualifiedAccess>]
module MarginalReport =

    let private equals (pairs: (string * string) list) =
        pairs
        |> List.map (fun (name, value) -> $"{name} = {value}")
        |> String.concat ", "

    let private listing names = String.concat ", " names

    let private families title groups grid = [
        for group, own in groups do
            match group, title with
            | [], "" -> ()
            | [], title -> Block.Heading title
            | group, "" -> Block.Heading(equals group)
            | group, title -> Block.Heading $"{title}, {equals group}"

            Block.Grid(grid own)
    ]

    let private reasons (found: Result<Estimate, LmmError> list) = [
        for own in found do
            match own with
            | Error problem -> Block.Line(LmmError.describe problem)
            | Ok own ->
                for reason in InferenceTables.notTestable [ own ] do
                    Block.Line reason
    ]

    let private adjustmentLine (own: MarginalContrasts) =
        match own.Adjustment with
        | Adjustment.None -> "P-values and intervals are not adjusted for their number."
        | Adjustment.Holm
        | Adjustment.Fdr ->
            $"P-values are adjusted within each family: {Adjustment.name own.Adjustment}; intervals: bonferroni"
        | adjustment -> $"P-values and intervals are adjusted within each family: {Adjustment.name adjustment}"

    let private meanBlocks (result: MarginalResult) = [
        let means = result.Means

        let rows =
            match result.Letters with
            | Some(_, letters) -> List.zip means.Means (letters |> List.map Some)
            | None -> means.Means |> List.map (fun mean -> mean, None)

        yield!
            families "" (rows |> List.groupBy (fun (mean, _) -> mean.Group)) (fun own ->
                let letters = own |> List.choose snd
                let shown = if letters.IsEmpty then None else Some letters
                MarginalTables.means means.Over means.Level shown (List.map fst own))

        yield! reasons (means.Means |> List.map _.Estimate)

        if not means.AveragedOver.IsEmpty then
            Block.Line $"Averaged over: {listing means.AveragedOver}; weights: {MarginalWeights.name means.Weights}"

        if not means.HeldAt.IsEmpty then
            Block.Line $"Held at: {equals means.HeldAt}"

        Block.Line $"Degrees of freedom: {DegreesOfFreedomMethod.describe means.Method}"

        match result.Letters with
        | Some(adjustment, _) ->
            Block.Line
                $"Means that share a letter do not differ at {1.0 - means.Level:G3}; p-values: {Adjustment.name adjustment}"
        | None -> ()
    ]

    let private contrastBlocks (own: MarginalContrasts) = [
        yield!
            families "Contrasts" (own.Contrasts |> List.groupBy _.Group) (fun rows ->
                MarginalTables.contrasts own.Means.Level own.AreRatios rows)

        yield! reasons (own.Contrasts |> List.map _.Estimate)
        Block.Line(adjustmentLine own)

        if own.AreRatios then
            Block.Line
                "Differences on the scale of the model are ratios in units of the response; t is that of the model."
        elif own.Means.Basis.Scale.IsSome then
            Block.Line "Contrasts are on the scale of the model."
    ]

    /// <summary>The parts of a report, for reports of one's own.</summary>
    let blocks (result: MarginalResult) : Block list = [
        Block.Title $"Estimates of {result.Means.Quantity}"
        yield! meanBlocks result

        match result.Contrasts with
        | Some contrasts -> yield! contrastBlocks contrasts
        | None -> ()
    ]

    /// <summary>The report as text or Markdown.</summary>
    let render (format: SummaryFormat) (result: MarginalResult) : string = blocks result |> Report.render format
