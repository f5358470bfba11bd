namespace LmmFunctional.Analysis

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Generalised variance inflation factors of the terms of the fixed effects (Fox and Monette 1992; R's car::vif).</summary>
[<RequireQualifiedAccess>]
module internal CollinearityCheck =

    let private name = "collinearity"

    let private logDeterminant (a: float[]) k =
        let factor = Array.copy a

        if Dense.Factor(k, factor) then
            2.0 * Seq.sumBy (fun i -> log factor[i * (k + 1)]) (seq { 0 .. k - 1 })
        else
            nan

    /// <summary>log GVIF = log det R₁₁ + log det R₂₂ − log det R, R the correlations of β̂ without the intercept, R₁₁ those of
    /// a term.</summary>
    let internal inflation (correlations: Matrix) (own: int[]) : float =
        let k = correlations.Rows
        let others = [| 0 .. k - 1 |] |> Array.except own

        let part (rows: int[]) =
            let m = rows.Length
            logDeterminant (Array.init (m * m) (fun at -> correlations[rows[at % m], rows[at / m]])) m

        exp (part own + part others - part [| 0 .. k - 1 |])

    /// <summary>The factors of every term.</summary>
    let create (options: CheckOptions) (fit: Fit) : ModelCheck =
        let design = fit.Design.Fixed
        let termOf = FixedColumns.termOf design

        let isIntercept column =
            design.Terms[termOf[column]].Factors.IsEmpty

        let columns = [| 0 .. fit.FixedCount - 1 |] |> Array.filter (isIntercept >> not)

        let terms = columns |> Array.map (fun column -> termOf[column]) |> Array.distinct

        if terms.Length < 2 then
            ModelCheck.without name "fixed effects" "The model has fewer than two terms besides the intercept."
        else
            let correlations =
                let covariance = fit.CoefficientCovariance

                Matrix.init columns.Length columns.Length (fun i j -> covariance[columns[i], columns[j]])
                |> Matrix.toCorrelation

            let ofTerm term =
                let own =
                    [| 0 .. columns.Length - 1 |]
                    |> Array.filter (fun k -> termOf[columns[k]] = term)

                struct (TermText.deparse design.Terms[term], own.Length, inflation correlations own)

            let found = terms |> Array.map ofTerm

            // GVIF^(1/(2 df)) squared: a VIF of one column.
            let perColumn =
                found |> Array.map (fun (struct (_, df, gvif)) -> gvif ** (1.0 / float df))

            let largest = Seq.maxBy (fun k -> perColumn[k]) (seq { 0 .. found.Length - 1 })
            let struct (term, df, gvif) = found[largest]
            let isNotable = not (perColumn[largest] <= options.MaximumInflation)

            let words =
                if df = 1 then
                    $"the VIF of {term} is {ModelCheck.number gvif}"
                else
                    $"the GVIF of {term} is {ModelCheck.number gvif} on {df} df, which is as a VIF of {ModelCheck.number perColumn[largest]}"

            ModelCheck.judged
                name
                "fixed effects"
                isNotable
                "GVIF (Fox and Monette 1992), of the correlations of the estimates"
                [ "largest", perColumn[largest]; "limit", options.MaximumInflation ]
                (if isNotable then
                     $"Terms of the fixed effects are nearly dependent: {words}."
                 else
                     $"The terms of the fixed effects are not too dependent: {words}, the largest.")
                "Centre covariates that stand in interactions or powers, or leave out one of the terms; tests of the whole model are not affected."
                [
                    "term", Column.ofStrings (found |> Seq.map (fun (struct (term, _, _)) -> term))
                    "df", Column.ofInts (found |> Seq.map (fun (struct (_, df, _)) -> df))
                    "gvif", Column.ofFloats (found |> Seq.map (fun (struct (_, _, gvif)) -> gvif))
                    "perColumn", Column.ofFloats (perColumn |> Seq.map sqrt)
                ]
