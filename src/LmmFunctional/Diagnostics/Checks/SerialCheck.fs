namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model

/// <summary>Autocorrelation of residuals, and correlations by lag against those of the model.</summary>
[<RequireQualifiedAccess>]
module internal SerialCheck =

    /// For each lag from 1 the pairs of every subject: their number and the sum of a function of both rows.
    let private byLag lags (series: SubjectSeries) (usable: int -> bool) (f: int -> int -> float) =
        let sums =
            Array.init lags (fun _ -> Array.create series.Rows.Length (struct (0, 0.0)))

        series.Rows
        |> Array.iteri (fun subject rows ->
            let rows = rows |> Array.filter usable

            for i in 0 .. rows.Length - 1 do
                let mutable j = i + 1

                while j < rows.Length && series.Place[rows[j]] - series.Place[rows[i]] <= lags do
                    let lag = series.Place[rows[j]] - series.Place[rows[i]]

                    if lag > 0 then
                        let struct (count, sum) = sums[lag - 1].[subject]
                        sums[lag - 1].[subject] <- struct (count + 1, sum + f rows[i] rows[j])

                    j <- j + 1)

        sums

    let private noPairs name =
        ModelCheck.without name "residuals" "No subject has two rows at different places."

    /// <summary>Autocorrelations as in nlme's ACF, of decorrelated residuals, which are independent under the model, and of
    /// conditional Pearson residuals for comparison. The sum of their squares times the pairs is χ².</summary>
    let autocorrelation (options: CheckOptions) (series: SubjectSeries) (residuals: ResidualTable) : ModelCheck =
        let name = "autocorrelation"

        let correlations (values: float[]) =
            let usable row = Double.IsFinite values[row]
            let known = values |> Array.filter Double.IsFinite
            let variance = known |> Array.averageBy (fun x -> x * x)

            byLag options.Lags series usable (fun i j -> values[i] * values[j])
            |> Array.map (fun parts ->
                let mean = PairMean.ofSubjects parts
                struct (mean.Pairs, mean.Mean / variance))

        let isDecorrelated = not residuals.Decorrelated.IsEmpty
        let ofConditional = correlations (Seq.toArray residuals.PearsonConditional)

        let tested =
            if isDecorrelated then
                correlations (Seq.toArray residuals.Decorrelated)
            else
                ofConditional

        let kept =
            [| 0 .. options.Lags - 1 |]
            |> Array.filter (fun lag ->
                let struct (pairs, value) = tested[lag]
                pairs > 0 && Double.IsFinite value)

        if kept.Length = 0 then
            noPairs name
        else
            let statistic =
                kept
                |> Array.sumBy (fun lag ->
                    let struct (pairs, value) = tested[lag]
                    float pairs * value * value)

            let p = Probability.upperF kept.Length infinity (statistic / float kept.Length)
            let struct (_, first) = tested[kept[0]]
            let isNotable = p < options.Significance
            let lags = Plural.count kept.Length "lag"

            let words =
                $"χ²({kept.Length}) = {ModelCheck.number statistic}, {ModelCheck.p p}; at lag {kept[0] + 1} it is {ModelCheck.number first}"
                + (if isDecorrelated then
                       "."
                   else
                       "; of conditional residuals, which are slightly correlated whatever the model, so that p is approximate.")

            let column (values: struct (int * float)[]) =
                kept
                |> Seq.map (fun lag ->
                    let struct (_, value) = values[lag]
                    value)
                |> Column.ofFloats

            ModelCheck.judged
                name
                $"residuals within {series.Subjects}, along {series.Along}"
                isNotable
                "Box-Pierce (1970), of decorrelated residuals"
                [ "lags", float kept.Length; "statistic", statistic; "p", p; "first", first ]
                (if isNotable then
                     $"The residuals of a subject are correlated over {lags}: {words}"
                 else
                     $"The residuals of a subject show no correlation that the model does not have, over {lags}: {words}")
                $"Try a correlation of the residuals, such as ar1 or cs within {series.Subjects}, or a random slope."
                [
                    "lag", Column.ofInts (kept |> Seq.map ((+) 1))
                    "pairs",
                    Column.ofInts (
                        kept
                        |> Seq.map (fun lag ->
                            let struct (pairs, _) = tested[lag]
                            pairs)
                    )
                    "correlation", column tested
                    "conditional", column ofConditional
                ]

    /// <summary>Correlations of the responses by lag, from Pearson residuals y − Xβ̂ over √V, against the mean of those of the
    /// model over the same pairs.</summary>
    let byModel (options: CheckOptions) (fit: Fit) (series: SubjectSeries) (residuals: ResidualTable) : ModelCheck =
        let name = "correlation by lag"

        match ModelCorrelation.ofFit fit with
        | None ->
            ModelCheck.without
                name
                "responses"
                "The levels of a random term are related; the correlations of their rows are not formed."
        | Some correlation ->
            let values = Seq.toArray residuals.PearsonMarginal
            let usable row = Double.IsFinite values[row]

            let ofData =
                byLag options.Lags series usable (fun i j -> values[i] * values[j])
                |> Array.map PairMean.ofSubjects

            let ofModel =
                byLag options.Lags series usable correlation |> Array.map PairMean.ofSubjects

            let differences =
                byLag options.Lags series usable (fun i j -> values[i] * values[j] - correlation i j)
                |> Array.map PairMean.ofSubjects

            let kept =
                [| 0 .. options.Lags - 1 |] |> Array.filter (fun lag -> ofData[lag].Pairs > 0)

            if kept.Length = 0 then
                noPairs name
            else
                let p = kept |> Array.map (fun lag -> PairMean.p differences[lag]) |> PairMean.holm
                let known = p |> Array.filter (Double.IsNaN >> not)
                let smallest = if known.Length = 0 then nan else Array.min known
                let furthest = kept |> Array.maxBy (fun lag -> abs differences[lag].Mean)

                let words =
                    $"at lag {furthest + 1} the data have {ModelCheck.number ofData[furthest].Mean} and the model {ModelCheck.number ofModel[furthest].Mean}"

                let isNotable = smallest < options.Significance

                ModelCheck.judged
                    name
                    $"responses within {series.Subjects}, along {series.Along}"
                    isNotable
                    "means over pairs, with standard errors from the spread of subjects; Holm over the lags"
                    [
                        "lags", float kept.Length
                        "p", smallest
                        "largestDifference", differences[furthest].Mean
                    ]
                    (if Double.IsNaN smallest then
                         $"There are too few subjects for a test; {words}."
                     elif isNotable then
                         $"The correlations of the data are not those of the model: {words}, {ModelCheck.p smallest}."
                     else
                         $"The correlations of the data are those of the model: {words}, {ModelCheck.p smallest}.")
                    "Try another structure of the residuals or of the random effects, and compare their criteria."
                    [
                        "lag", Column.ofInts (kept |> Seq.map ((+) 1))
                        "pairs", Column.ofInts (kept |> Seq.map (fun lag -> ofData[lag].Pairs))
                        "correlation", Column.ofFloats (kept |> Seq.map (fun lag -> ofData[lag].Mean))
                        "model", Column.ofFloats (kept |> Seq.map (fun lag -> ofModel[lag].Mean))
                        "se", Column.ofFloats (kept |> Seq.map (fun lag -> differences[lag].StandardError))
                        "pAdjusted", Column.ofFloats p
                    ]
