/// <summary>Degrees of freedom of fits with covariance parameters held: from what is estimated, the rest is known.</summary>
module LmmFunctional.Tests.HeldInferenceTests

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private fitted file formula held =
    match
        Lmm.fitFormula
            {
                FitOptions.defaults with
                    Held = Map held
            }
            (TestFrame.read file)
            formula
    with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private sleep =
    "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)"

let private girls = "distance ~ age * Sex; residual"

let private cases = [
    "sleepstudy", "Reaction ~ Days + (Days || Subject)", [ "Residual", 700.0 ]
    "sleepstudy", "Reaction ~ Days + (Days || Subject)", [ "Subject.Days", 35.0 ]
    "sleepstudy", "Reaction ~ Days + (Days || Subject)", [ "Subject.Days", 35.0; "Residual", 700.0 ]
    "sleepstudy",
    "Reaction ~ Days + (Days | Subject)",
    [
        "Subject.Days", 35.0
        "Subject.(Intercept)", 600.0
        "Subject.Days.(Intercept)", 10.0
    ]
    "sleepstudy", sleep, [ "Residual.rho", 0.4 ]
    "sleepstudy", sleep, [ "Residual.rho", 0.4; "Residual", 900.0 ]
    "sleepstudy", sleep, [ "Subject.(Intercept)", 900.0 ]
    "sleepstudy", "Reaction ~ Days + ar1(0 + factor(Days) | Subject)", [ "Subject.sd", 40.0 ]
    "sleepstudy", "Reaction ~ Days + ar1(0 + factor(Days) | Subject)", [ "Subject.rho", 0.8 ]
    "orthodont", $"{girls} = cs(age | Subject)", [ "Residual.rho", 0.5 ]
    "orthodont", $"{girls} = toep(age | Subject)", [ "Residual.rho1", 0.6 ]
    "orthodont", $"{girls} = arh1(age | Subject)", [ "Residual.sd(10)", 0.9 ]
    "orthodont", $"{girls} = ident(Sex)", [ "Residual.sd(Male)", 1.5 ]
]

let private numbers = [ 0 .. cases.Length - 1 ]

/// 2v²/Var(v̂) with v̂ the variance of a coefficient as a function of what is estimated, by differences. Where σ² is
/// profiled out, its own variance, given the rest, is 2σ⁴/d.
let private satterthwaite (fit: Fit) coefficient =
    let at = (List.last fit.Iterations).Theta

    let variance (at: ImmutableArray<float>) =
        let solution = Solution.at fit.Model at

        solution.Sigma
        * solution.Sigma
        * solution.BetaCovariance[coefficient, coefficient]

    let h = 1e-4

    let slopes =
        Vector<float>
            .Build.Dense(
                at.Length,
                fun k ->
                    (variance (at.SetItem(k, at[k] + h)) - variance (at.SetItem(k, at[k] - h)))
                    / (2.0 * h)
            )

    let curvature =
        (fit.Model.Objective.Evaluate at (Order.Curvature Information.Observed)).Curvature

    let v = variance at

    let spread =
        if at.Length = 0 then
            0.0
        else
            let h = Matrix<float>.Build.DenseOfArray(curvature.ToArray2D())
            2.0 * (slopes * h.Solve slopes)

    let ofScale =
        if fit.Model.Held.IsProfiled then
            2.0 * v * v / LogLikelihood.degreesOfFreedom fit.Model
        else
            0.0

    2.0 * v * v / (spread + ofScale)

[<Tests>]
let tests =
    testList "HeldInferenceTests" [
        testCases "Satterthwaite's degrees of freedom are of what is estimated" numbers (fun (number: int) ->
            let file, formula, held = cases[number]
            let fit = fitted file formula held

            match Inference.create (DegreesOfFreedomMethod.Satterthwaite Convention.lmerTest) fit with
            | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")
            | Ok inference ->
                let found = Inference.coefficients 0.95 inference |> List.map _.Df

                Law.assertHolds [
                    for k in 0 .. found.Length - 1 do
                        // Balanced slopes may not depend on what is left: then df are infinite but for rounding.
                        let expected = satterthwaite fit k

                        yield!
                            Law.near
                                $"{formula}, {held}: 1/df of {k}"
                                (1e-4 / expected + 1e-15)
                                (1.0 / expected)
                                (1.0 / found[k])
                ])

        testCase "with nothing estimated there is no doubt about variances" (fun () ->
            let variances = [ "Residual", 900.0; "Subject.(Intercept)", 1000.0 ]

            for fit in
                [
                    fitted "sleepstudy" "Reaction ~ Days + (1 | Subject)" variances
                    fitted "sleepstudy" sleep (("Residual.rho", 0.3) :: variances)
                ] do
                for method in
                    [
                        DegreesOfFreedomMethod.Satterthwaite Convention.lmerTest
                        DegreesOfFreedomMethod.KenwardRoger Convention.sas
                    ] do
                    match Inference.create method fit with
                    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")
                    | Ok inference ->
                        for estimate in Inference.coefficients 0.95 inference do
                            Check.equal infinity estimate.Df)

        testCase "Kenward and Roger's errors hardly move when a parameter is held at its estimate" (fun () ->
            let free = fitted "sleepstudy" sleep []
            let rho = free.CovarianceParameters |> List.find (fun own -> own.Name = "rho")
            let held = fitted "sleepstudy" sleep [ "Residual.rho", rho.Estimate ]

            match Inference.create (DegreesOfFreedomMethod.KenwardRoger Convention.sas) held with
            | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")
            | Ok inference ->
                for estimate, plain in List.zip (Inference.coefficients 0.95 inference) free.Coefficients do
                    Law.assertHolds (Law.near "estimate.StandardError" 0.05 plain.StandardError estimate.StandardError)
                    Expect.isGreaterThan estimate.Df 10.0 "estimate.Df")

        testCase "intervals take what is held for known" (fun () ->
            let fit = fitted "sleepstudy" sleep [ "Residual.rho", 0.4 ]
            let rho = VarianceParameter.ResidualStructure 0

            let profile target =
                Profile.interval 0.95 (ProfileTarget.Parameter target) fit
                |> Result.defaultWith (fun _ -> invalidOp "no profile")

            let sigma = profile VarianceParameter.Residual

            // All else is fitted again at the ends.
            let rise (reached: float option) =
                let held =
                    fitted "sleepstudy" sleep [ "Residual.rho", 0.4; "Residual.sigma", reached.Value ]

                held.CriterionValue - fit.CriterionValue

            let wald = CovarianceInference.intervals CovarianceIntervalMethod.Wald 0.95 fit
            let own = wald |> List.find (fun interval -> interval.Name = "sigma")

            let error =
                (fit.CovarianceParameters |> List.find (fun own -> own.Name = "sigma")).StandardError.Value

            Law.assertHolds [
                yield! Law.near "lower" 1e-4 3.841458820694124 (rise sigma.Lower)
                yield! Law.near "upper" 1e-4 3.841458820694124 (rise sigma.Upper)

                // On the scale of logarithms.
                yield!
                    Law.relative
                        "Wald"
                        1e-4
                        (2.0 * 1.959963984540054 * error / fit.Sigma)
                        (log (own.Upper.Value / own.Lower.Value))

                for interval in [ profile rho; wald |> List.find (fun interval -> interval.Name = "rho") ] do
                    yield! Law.near "rho" 1e-12 0.4 interval.Estimate

                    yield!
                        Law.isTrue $"{interval}" (interval.Note = Some "held at this value" && interval.Lower.IsNone)
            ]

            // σ is known: its interval has no ends, and that of rho is of what is estimated.
            let known = fitted "sleepstudy" sleep [ "Residual", 900.0 ]

            let rho =
                CovarianceInference.intervals CovarianceIntervalMethod.Wald 0.95 known
                |> List.find (fun interval -> interval.Name = "rho")

            let parameter =
                known.CovarianceParameters |> List.find (fun own -> own.Name = "rho")

            // On the scale of Fisher's z.
            Law.assertHolds (
                Law.relative
                    "Wald of rho"
                    1e-4
                    (2.0 * 1.959963984540054 * parameter.StandardError.Value
                     / (1.0 - parameter.Estimate * parameter.Estimate))
                    (System.Math.Atanh rho.Upper.Value - System.Math.Atanh rho.Lower.Value)
            ))

        testCase "intervals keep to the bounds that were given" (fun () ->
            let bounded name bound =
                Lmm.fitFormula
                    {
                        FitOptions.defaults with
                            Bounds = Map [ name, bound ]
                    }
                    (TestFrame.read "sleepstudy")
                    sleep
                |> Inferred.orRaise

            let of' (fit: Fit) name =
                [
                    Profile.intervals 0.95 fit
                    CovarianceInference.intervals CovarianceIntervalMethod.Wald 0.95 fit
                ]
                |> List.map (List.find (fun interval -> interval.Name = name))

            for found in of' (bounded "Residual.rho" (Bound.atMost 0.5)) "rho" do
                Check.equal (Some "at the bound it was given") found.Note
                Law.assertHolds (Law.near "the estimate" 1e-12 0.5 found.Estimate)

            // The estimate is 32.6 or thereabouts: the bound does not bite, but the interval reaches it.
            let free = bounded "Residual.rho" (Bound.between -0.9 0.99)
            let sigma = of' free "sigma"
            let upper = sigma.Head.Estimate + 0.1

            for found, own in List.zip (of' (bounded "Residual" (Bound.atMost (upper * upper))) "sigma") sigma do
                Check.equal (Some "the upper end is the bound it was given") found.Note
                Law.assertHolds (Law.near "upper" 1e-9 upper found.Upper.Value)
                Law.assertHolds (Law.near "lower" 1e-4 own.Lower.Value found.Lower.Value))
    ]
