namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>One comparison of marginal means.</summary>
[<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>]
type MarginalContrast = {
    Name: string
    /// The 'by' variables with their levels: the family.
    Group: (string * string) list
    /// P and interval are adjusted; or why the data do not determine it.
    Estimate: Result<Estimate, LmmError>
    /// P without adjustment; None where there is no estimate.
    RawP: float option
} with

    member private this.Display =
        let names = this.Name :: List.map snd this.Group |> String.concat ", "

        match this.Estimate with
        | Ok own -> string { own with Name = names }
        | Error problem -> $"{names}: {LmmError.describe problem}"

    /// The comparison with its estimate, test and interval, or why there is none.
    override this.ToString() = this.Display


/// <summary>Comparisons of marginal means, family by family.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type MarginalContrasts = {
    Contrasts: MarginalContrast list
    Adjustment: Adjustment
    /// Whether estimates are ratios in units of the response, from differences of its logarithms.
    AreRatios: bool
    /// The means compared.
    Means: MarginalMeans
} with

    member private this.Display =
        let adjustment = Adjustment.name this.Adjustment

        Display.below
            $"comparisons of {this.Means.Quantity}, adjustment {adjustment}"
            (this.Contrasts |> List.map string |> Display.few)

    /// The comparisons, one in a line.
    override this.ToString() = this.Display


/// <summary>Comparing marginal means.</summary>
[<RequireQualifiedAccess>]
module MarginalContrasts =

    /// A comparison that can be estimated: its kept coefficients and its estimate without adjustment.
    type private Tested = { Framed: float[]; Raw: Estimate }

    /// Sums of coefficients that cancel leave rounding, which would look like a dependence.
    let private combine (weights: float[]) (rows: float[][]) : float[] =
        Array.init rows[0].Length (fun j ->
            let mutable sum = 0.0
            let mutable size = 0.0

            for i in 0 .. weights.Length - 1 do
                let part = weights[i] * rows[i].[j]
                sum <- sum + part
                size <- max size (abs part)

            if abs sum <= 1e-12 * size then 0.0 else sum)

    let private test (means: MarginalMeans) (rows: MarginalFunction list) (contrast: WeightedContrast) =
        let inference = means.Basis.Inference
        let name = MarginalMeans.nameOf [ "", contrast.Name ] rows.Head.Group

        // A mean of weight zero may be one that has no rows.
        let needed =
            List.zip rows (List.ofArray contrast.Weights)
            |> List.filter (fun (_, weight) -> weight <> 0.0)

        needed
        |> List.map (fun (row, _) -> row.Coefficients |> Result.mapError List.singleton)
        |> Problems.all
        |> Result.bind (fun coefficients ->
            let weights = needed |> List.map snd |> Array.ofList
            let combined = combine weights (Array.ofList coefficients)

            if combined |> Array.forall ((=) 0.0) then
                Error [
                    LmmError.WrongArguments(name, "the model has no term that makes this other than zero.")
                ]
            else
                Estimable.reduce inference.Fit.Design.Fixed name combined)
        |> Result.map (fun kept ->
            let raw = Inference.ofKept means.Level contrast.Name kept 0.0 inference
            let known = needed |> List.sumBy (fun (row, weight) -> weight * row.Known)

            {
                Framed = TestBasis.inFrame inference.Basis.Root kept
                Raw = if known = 0.0 then raw else MarginalMeans.shifted known raw
            })
        |> Result.mapError List.head

    let private correlation (inference: Inference) (framed: float[][]) =
        let covariance i j =
            TestBasis.covariance inference.Basis framed[i] framed[j]

        let sd = Array.init framed.Length (fun i -> sqrt (covariance i i))

        Matrix.init framed.Length framed.Length (fun i j -> covariance i j / (sd[i] * sd[j]))

    let private family (means: MarginalMeans) count (framed: float[][]) : ComparisonFamily =
        ComparisonFamily.create
            count
            framed.Length
            (lazy (Inference.rankOf framed))
            (lazy (Dunnett.loadings (correlation means.Basis.Inference framed)))

    /// One family: its comparisons with adjusted p-values and intervals.
    let private compare means adjustment logBase (rows: MarginalFunction list) (contrasts: WeightedContrast list) =
        let tested =
            contrasts |> List.map (fun contrast -> contrast, test means rows contrast)

        let estimated =
            tested
            |> List.choose (fun (_, found) ->
                match found with
                | Ok found when found.Raw.NotTestable.IsNone -> Some found
                | _ -> None)
            |> Array.ofList

        let family = family means rows.Length (estimated |> Array.map _.Framed)

        let adjusted =
            estimated
            |> Array.map (fun own -> own.Raw.Df, own.Raw.Statistic)
            |> Adjustment.pValues adjustment family

        // Balanced data give equal df but for rounding, and quantiles are costly.
        let criticalValues = Dictionary<float, float>()

        let criticalValue (df: float) =
            let rounded = if Double.IsFinite df then Math.Round(df, 6) else df

            match criticalValues.TryGetValue rounded with
            | true, value -> value
            | _ ->
                let value = Adjustment.criticalValue adjustment family means.Level rounded
                criticalValues[rounded] <- value
                value

        let mutable next = 0

        [
            for contrast, found in tested do
                match found with
                | Ok own when own.Raw.NotTestable.IsSome ->
                    let name, shown =
                        match logBase with
                        | Some logBase -> contrast.RatioName, ResponseScale.ratio logBase own.Raw
                        | None -> contrast.Name, own.Raw

                    {
                        Name = name
                        Group = rows.Head.Group
                        Estimate = Ok { shown with Name = name }
                        RawP = None
                    }
                | Ok own ->
                    let margin = own.Raw.StandardError * criticalValue own.Raw.Df

                    let simultaneous = {
                        own.Raw with
                            P = adjusted[next]
                            Lower = own.Raw.Estimate - margin
                            Upper = own.Raw.Estimate + margin
                    }

                    next <- next + 1

                    let name, shown =
                        match logBase with
                        | Some logBase -> contrast.RatioName, ResponseScale.ratio logBase simultaneous
                        | None -> contrast.Name, simultaneous

                    {
                        Name = name
                        Group = rows.Head.Group
                        Estimate = Ok { shown with Name = name }
                        RawP = Some own.Raw.P
                    }
                | Error problem -> {
                    Name = contrast.Name
                    Group = rows.Head.Group
                    Estimate = Error problem
                    RawP = None
                  }
        ]

    let private refuse contrast adjustment =
        match contrast, adjustment with
        | MeanContrast.Pairwise, _ -> []
        | _, Adjustment.Tukey -> [ LmmError.AdjustmentDoesNotFit("tukey", "all pairwise comparisons") ]
        | _ -> []

    /// What a mean is called in comparisons: a bare number would not say of what.
    let private label (levels: (string * string) list) =
        levels
        |> List.map (fun (variable, level) ->
            match Double.TryParse(level, Globalization.CultureInfo.InvariantCulture) with
            | true, _ -> variable + level
            | false, _ -> level)
        |> String.concat " "

    /// <summary>Compares marginal means within each family.</summary>
    /// <param name="contrast">Which comparisons.</param>
    /// <param name="adjustment">Of p-values and intervals; None for the one that goes with the comparisons.</param>
    /// <param name="means">The means.</param>
    /// <returns>The comparisons, or: an adjustment or a reference that does not fit.</returns>
    let create
        (contrast: MeanContrast)
        (adjustment: Adjustment option)
        (means: MarginalMeans)
        : Result<MarginalContrasts, LmmError list> =
        let adjustment = defaultArg adjustment (MeanContrast.usualAdjustment contrast)

        let logBase = means.Basis.Scale |> Option.bind _.LogBase

        let families =
            means.Basis.Functions.Rows
            |> List.groupBy _.Group
            |> List.map (fun (_, rows) ->
                MeanContrast.weights (rows |> Seq.map (fun row -> label row.Levels) |> Array.ofSeq) contrast
                |> Result.map (fun weights -> rows, weights))
            |> Problems.all
            |> Result.mapError List.distinct

        match refuse contrast adjustment, families with
        | [], Ok families ->
            Ok {
                Contrasts =
                    families
                    |> List.collect (fun (rows, weights) -> compare means adjustment logBase rows weights)
                Adjustment = adjustment
                AreRatios = logBase.IsSome
                Means = means
            }
        | problems, Ok _ -> Error problems
        | problems, Error others -> Error(problems @ others)
