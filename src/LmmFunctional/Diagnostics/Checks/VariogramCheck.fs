namespace LmmFunctional.Analysis

open System
open LmmFunctional

/// <summary>The empirical variogram of the responses within subjects against that of the model.</summary>
/// <remarks>Of Pearson residuals y − Xβ̂ over √V: the mean of ½(rᵢ − rⱼ)² by distance, which the model says to be one less the
/// correlation (Diggle, Heagerty, Liang and Zeger 2002, section 3.4).</remarks>
[<RequireQualifiedAccess>]
module internal VariogramCheck =

    let private name = "variogram"

    // Pairs looked at; more are thinned, evenly.
    let private mostPairs = 200_000

    // Rows of one subject whose pairs are looked at.
    let private mostRows = 1_000

    let private thinned (rows: int[]) =
        if rows.Length <= mostRows then
            rows
        else
            Array.init mostRows (fun k -> rows[int (int64 k * int64 rows.Length / int64 mostRows)])

    let private distance (a: float[]) (b: float[]) =
        sqrt (Array.fold2 (fun sum x y -> sum + (x - y) * (x - y)) 0.0 a b)

    /// Subject, rows and distance of pairs.
    let private pairs (series: SubjectSeries) (coordinates: float[][]) usable =
        let rows = series.Rows |> Array.map (Array.filter usable >> thinned)

        let all =
            rows |> Array.sumBy (fun own -> int64 own.Length * int64 (own.Length - 1) / 2L)

        let step = max 1L (all / int64 mostPairs)
        let mutable index = 0L

        [|
            for subject in 0 .. rows.Length - 1 do
                let own = rows[subject]

                for j in 1 .. own.Length - 1 do
                    for i in 0 .. j - 1 do
                        index <- index + 1L

                        if index % step = 0L then
                            struct (subject, own[i], own[j], distance coordinates[own[i]] coordinates[own[j]])
        |]

    /// Pairs in classes of distance: each distance where they are few, else as many pairs in each class.
    let private classes most (pairs: struct (int * int * int * float)[]) =
        let sorted = pairs |> Array.sortBy (fun (struct (_, _, _, d)) -> d)
        let distances = sorted |> Array.map (fun (struct (_, _, _, d)) -> d)

        if Array.length (Array.distinct distances) <= most then
            sorted |> Array.groupBy (fun (struct (_, _, _, d)) -> d) |> Array.map snd
        else
            // Equal distances stay together.
            let result = ResizeArray<_>()
            let mutable start = 0

            for part in 1..most do
                let mutable stop = max start (int (int64 part * int64 sorted.Length / int64 most))

                while stop > start && stop < sorted.Length && distances[stop] = distances[stop - 1] do
                    stop <- stop + 1

                if stop > start then
                    result.Add sorted[start .. stop - 1]
                    start <- stop

            result.ToArray()

    let private ofClass subjects (f: int -> int -> float) (pairs: struct (int * int * int * float)[]) =
        let sums = Array.create subjects (struct (0, 0.0))

        for struct (subject, i, j, _) in pairs do
            let struct (count, sum) = sums[subject]
            sums[subject] <- struct (count + 1, sum + f i j)

        PairMean.ofSubjects sums

    /// <summary>The variogram of a fit.</summary>
    let create (options: CheckOptions) (fit: Fit) (series: SubjectSeries) (residuals: ResidualTable) : ModelCheck =
        match series.Coordinates, ModelCorrelation.ofFit fit with
        | None, _ ->
            ModelCheck.without
                name
                "responses"
                "The rows of a subject have an order, but no distance; name the column that they lie along."
        | _, None ->
            ModelCheck.without
                name
                "responses"
                "The levels of a random term are related; the correlations of their rows are not formed."
        | Some coordinates, Some correlation ->
            let values = Seq.toArray residuals.PearsonMarginal
            let found = pairs series coordinates (fun row -> Double.IsFinite values[row])

            if found.Length = 0 then
                ModelCheck.without name "responses" "No subject has two rows."
            else
                let subjects = series.Rows.Length
                let groups = classes options.Distances found
                let half i j = 0.5 * (values[i] - values[j]) ** 2.0
                let ofData = groups |> Array.map (ofClass subjects half)

                let ofModel =
                    groups |> Array.map (ofClass subjects (fun i j -> 1.0 - correlation i j))

                let differences =
                    groups
                    |> Array.map (ofClass subjects (fun i j -> half i j - 1.0 + correlation i j))

                let distances =
                    groups |> Array.map (Array.averageBy (fun (struct (_, _, _, d)) -> d))

                let p = differences |> Array.map PairMean.p |> PairMean.holm
                let known = p |> Array.filter (Double.IsNaN >> not)
                let smallest = if known.Length = 0 then nan else Array.min known

                let furthest =
                    Seq.maxBy (fun k -> abs differences[k].Mean) (seq { 0 .. groups.Length - 1 })

                let words =
                    $"at distance {ModelCheck.number distances[furthest]} the data have {ModelCheck.number ofData[furthest].Mean} and the model {ModelCheck.number ofModel[furthest].Mean}"

                let isNotable = smallest < options.Significance

                ModelCheck.judged
                    name
                    $"responses within {series.Subjects}, along {series.Along}"
                    isNotable
                    "means of half squared differences of Pearson residuals, with standard errors from the spread of subjects; Holm over the distances"
                    [ "pairs", float found.Length; "distances", float groups.Length; "p", smallest ]
                    (if Double.IsNaN smallest then
                         $"There are too few subjects for a test; {words}."
                     elif isNotable then
                         $"The variogram of the data is not that of the model: {words}, {ModelCheck.p smallest}."
                     else
                         $"The variogram of the data is that of the model: {words}, {ModelCheck.p smallest}.")
                    "Try a structure that falls with distance (exponential, Gaussian, Matérn), with a nugget where the variogram does not start at zero."
                    [
                        "distance", Column.ofFloats distances
                        "pairs", Column.ofInts (ofData |> Seq.map _.Pairs)
                        "variogram", Column.ofFloats (ofData |> Seq.map _.Mean)
                        "model", Column.ofFloats (ofModel |> Seq.map _.Mean)
                        "se", Column.ofFloats (differences |> Seq.map _.StandardError)
                        "pAdjusted", Column.ofFloats p
                    ]
