namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Random effects that carry nothing: principal components of the covariance matrix of each term (R's lme4::rePCA;
/// Bates, Kliegl, Vasishth and Baayen 2015).</summary>
[<RequireQualifiedAccess>]
module internal EffectRankCheck =

    let private name = "random effects that carry nothing"

    // A component this small beside the variance of a response is zero.
    let private zero = 1e-8

    /// The mean variance of a row, residual included.
    let private rowVariance (fit: Fit) =
        let mutable sum = float fit.Observations * fit.Sigma * fit.Sigma

        for term, (_, g) in List.zip fit.Design.Random fit.RandomCovariances do
            let s = term.Names.Length

            for row in 0 .. fit.Observations - 1 do
                for i in 0 .. s - 1 do
                    for j in 0 .. s - 1 do
                        sum <- sum + term.Columns[i][row] * g[i, j] * term.Columns[j][row]

        sum / float fit.Observations

    /// <summary>The components of a term: standard deviations in the order of size, on the scale of the columns.</summary>
    let internal deviations (g: Matrix) : float[] =
        let struct (values, _) = Semidefinite.eigen g.Rows g.Values
        values |> Array.rev |> Array.map (max 0.0 >> sqrt)

    /// The rank in units of the response, so that the units of covariates do not matter.
    let private rank (total: float) (term: RandomDesign) (g: Matrix) =
        let s = g.Rows

        let sizes =
            term.Columns
            |> Array.map (fun column -> sqrt (Array.averageBy (fun z -> z * z) column))

        let scaled = Array.init (s * s) (fun k -> sizes[k % s] * g.Values[k] * sizes[k / s])
        let struct (values, _) = Semidefinite.eigen s scaled
        values |> Array.filter (fun value -> value > zero * total) |> Array.length

    let private ofTerm (total: float) (term: RandomDesign) (g: Matrix) : ModelCheck =
        let found = deviations g
        let s = found.Length
        let sum = found |> Array.sumBy (fun sd -> sd * sd)

        let proportions =
            found |> Array.map (fun sd -> if sum > 0.0 then sd * sd / sum else nan)

        let rank = rank total term g
        let empty = s - rank
        let share = ModelCheck.number proportions[0]
        let components = Plural.count s "component"

        ModelCheck.judged
            name
            $"{term.Group}: {TermText.deparseRandom term.Term}"
            (empty > 0)
            "principal components (lme4::rePCA)"
            [ "components", float s; "zero", float empty ]
            (if rank = 0 then
                 $"The effects of {term.Group} carry nothing: all their variances are zero."
             elif empty > 0 then
                 $"{empty} of {components} of the effects of {term.Group} carry nothing."
             elif s = 1 then
                 $"The effect of {term.Group} has a variance."
             else
                 $"Each of the {components} of the effects of {term.Group} carries something, the first {share} of their variance.")
            "Leave the term or some of its effects out, or its correlations (||), and compare the fits; estimates hardly change, and tests gain degrees of freedom."
            [
                "component", Column.ofInts [ 1..s ]
                "sd", Column.ofFloats found
                "proportion", Column.ofFloats proportions
                "cumulative", Column.ofFloats (proportions |> Array.scan (+) 0.0 |> Array.tail)
            ]

    /// <summary>One check for each random term.</summary>
    let create (fit: Fit) : ModelCheck list =
        match fit.Design.Random with
        | [] -> [ ModelCheck.without name "random effects" "The model has no random effects." ]
        | terms ->
            let total = rowVariance fit
            List.map2 (fun term (_, g) -> ofTerm total term g) terms fit.RandomCovariances
