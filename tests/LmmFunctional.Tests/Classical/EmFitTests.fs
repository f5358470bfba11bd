namespace LmmFunctional.Tests

open NUnit.Framework
open LmmFunctional
open LmmFunctional.Classical

/// <summary>EM on the engines: every step falls, and the limit is the optimum that Newton finds.</summary>
[<TestFixture>]
module EmFitTests =

    let private models = [
        "sleepstudy", "Reaction ~ Days + (Days | Subject)"
        "sleepstudy", "Reaction ~ Days + (Days || Subject)"
        "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"
        "pastes", "strength ~ 1 + (1 | batch/cask)"
    ]

    let private both = [ Criterion.Reml; Criterion.Ml ]

    [<Test>]
    let ``no step raises the criterion`` () =
        Law.assertHolds [
            for data, formula in models do
                for criterion in both do
                    let likelihood =
                        TestFrame.read data
                        |> TestFrame.design formula
                        |> LogLikelihood.create criterion
                        |> BalancedData.orRaise

                    for a, b in EmFit.iterations likelihood |> Seq.truncate 25 |> Seq.pairwise do
                        yield! Law.atMost $"{formula} {criterion}: rise" 1e-9 (b.Criterion - a.Criterion)
        ]

    [<Test>]
    let ``EM ends where average information does`` () =
        Law.assertHolds [
            for data, formula in models do
                for criterion in both do
                    let frame = TestFrame.read data

                    let options = {
                        FitOptions.defaults with
                            Criterion = criterion
                    }

                    let newton = Lmm.fitFormula options frame formula |> BalancedData.orRaise

                    let em =
                        EmFit.fit criterion 1e-12 20000 frame (TestFrame.formula formula)
                        |> BalancedData.orRaise

                    let variances (fit: Fit) =
                        fit.VarianceComponents |> List.map _.Covariance

                    yield! Law.isTrue $"{formula} {criterion}: {em.Certificate.Verdict}" em.Certificate.IsConverged
                    yield! Law.near $"{formula} {criterion}" 1e-8 newton.CriterionValue em.CriterionValue
                    yield! Law.relativeAll $"{formula} {criterion}" 1e-5 (variances newton) (variances em)
        ]
