/// <summary>Bounds, unbounded likelihoods and what cannot be estimated: reported inputs, with values of R's gls and lme4
/// or closed forms.</summary>
module LmmFunctional.Tests.EndCaseTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

let private fitWith options file formula =
    Lmm.fitFormula options (TestFrame.read $"cases/{file}") formula

let private fitted file formula =
    match fitWith FitOptions.defaults file formula with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private problems file formula =
    match fitWith FitOptions.defaults file formula with
    | Ok fit -> [ $"{fit.Certificate.Verdict}" ]
    | Error problems -> problems |> List.map LmmError.describe

let private degrees (fit: Fit) =
    let inference =
        match Inference.create (DegreesOfFreedomMethod.Satterthwaite Convention.sas) fit with
        | Ok inference -> inference
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    Inference.coefficients 0.95 inference |> List.map _.Df

let private atBound (names: string list) (fit: Fit) =
    Check.equal (Verdict.BoundaryOptimum names) fit.Certificate.Verdict

let private fixedAndRandom file formula =
    match Lmm.fitFormula FitOptions.defaults (TestFrame.read file) formula with
    | Ok fit -> [ $"{fit.Certificate.Verdict}" ]
    | Error problems -> problems |> List.map LmmError.describe

let private refused effect term group = [
    $"The variance of '{effect}' in '{term}' cannot be estimated: the fixed effects hold this effect of every level of "
    + $"'{group}'; leave out the random term, or the fixed effects that repeat it."
]

[<Tests>]
let tests =
    testList "EndCaseTests" [
        // Bounds

        testCase "a nugget of zero is at its bound after a few steps: gls has 79.22838" (fun () ->
            let fit = fitted "16-one-series" "y ~ times; residual = ar1(times | group) + nugget"
            atBound [ "Residual.nugget" ] fit
            Law.assertHolds (Law.near "fit.CriterionValue" (5e-6) 79.22838 fit.CriterionValue)
            Expect.isLessThan ((List.last fit.Iterations).Number) 10 "(List.last fit.Iterations).Number"
            Check.isFalse fit.Certificate.IsSingular)

        testCases
            "negative autocorrelation leaves no correlation by distance"
            [ "car1(t | id)", "Residual.Phi"; "sp_exp(t | id)", "Residual.range" ]
            (fun (structure: string, name: string) ->
                let fit = fitted "17-negative-autocorrelation" $"y ~ t; residual = {structure}"
                let independent = fitted "17-negative-autocorrelation" "y ~ t"
                atBound [ name ] fit
                Law.assertHolds (Law.near "fit.CriterionValue" (1e-9) independent.CriterionValue fit.CriterionValue)
                Check.equal 0.0 ((List.last fit.CovarianceParameters).Estimate)
                Check.equal None ((List.last fit.CovarianceParameters).StandardError))

        testCases
            "a variance of zero counts as known however it is written"
            [ "id(1 | Batch)"; "cs(1 | Batch)"; "(1 | Batch)" ]
            (fun (term: string) ->
                let fit = fitted "26-zero-structured" $"Yield ~ 1 + {term}"
                Law.relativeAll "df" 1e-9 [ 29.0 ] (degrees fit) |> Law.assertHolds)

        testCase "a correlation at its bound of zero counts as known: the df of a mean" (fun () ->
            let fit = fitted "27-car1-zero" "y ~ 1; residual = car1(t | g)"
            atBound [ "Residual.Phi" ] fit
            Law.assertHolds (Law.near "fit.CriterionValue" (5e-8) 216.9291901 fit.CriterionValue)
            Law.relativeAll "df" 1e-9 [ 71.0 ] (degrees fit) |> Law.assertHolds)

        testCase "a correlation at its bound of one counts as known" (fun () ->
            let fit = fitted "28-csh-one" "y ~ x + csh(0 + factor(t) | g)"
            atBound [ "g rho" ] fit
            Law.assertHolds (Law.near "fit.CriterionValue" (5e-7) 562.573767 fit.CriterionValue)
            Law.nearAll "df" 5e-3 [ 29.05; 147.95 ] (degrees fit) |> Law.assertHolds)

        testCase "a correlation of minus one in the residuals of two traits is named" (fun () ->
            let pedigree = TestFrame.read "cases/36-pedigree"

            let known =
                match Pedigree.ofFrame pedigree with
                | Ok pedigree -> Relationship.ofPedigree pedigree
                | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

            let fit =
                fitWith
                    {
                        FitOptions.defaults with
                            Known = Map [ "A", known ]
                    }
                    "36-two-traits"
                    "y ~ 0 + trait + kron(us(0 + trait), known(A) | animal); residual = us(trait | animal)"

            match fit with
            | Ok fit ->
                atBound [ "Residual.cor(t1,t2)" ] fit
                Law.assertHolds (Law.near "fit.CriterionValue" (5e-6) 196.683382 fit.CriterionValue)
            | Error problems -> failtest $"%A{problems}")

        // No maximum

        testCase "a likelihood without maximum is said to be one" (fun () ->
            match (fitted "38-cs-unbounded" "y ~ 1; residual = cs(1 | g)").Certificate.Verdict with
            | Verdict.NotConverged reason ->
                Check.equal
                    "the likelihood has no maximum: it grows without limit towards the end of Residual.rho"
                    reason
            | verdict -> failtest $"{verdict}")

        testCase "a level whose rows are alike has no variance of its own" (fun () ->
            problems "39-ident-constant" "y ~ f; residual = ident(f)"
            |> Texts.equal [
                "The fixed effects fit all 2 rows of f 'B' exactly, so the variance that they have of their own by 'ident(f)' "
                + "goes to zero and the likelihood has no maximum; leave these rows out, or take a structure in which they share "
                + "a variance."
            ])

        testCases
            "a matrix with more freedom than its subjects can tell is refused"
            [ "us(v | s)", 9; "fa(5)(v | s)", 7 ]
            (fun (structure: string, needed: int) ->
                problems "40-us-too-few" $"y ~ v; residual = {structure}"
                |> Texts.equal [
                    $"'{structure}' cannot be estimated: 's' has 6 levels, and a matrix of 8 values of 'v' needs {needed} or more "
                    + "beside these fixed effects; take a structure with fewer parameters, such as cs or ar1."
                ])

        testCases
            "a level that is seen once is named whatever structure gives it a variance of its own"
            [ "us"; "ad1"; "toeph"; "csh"; "arh1"; "diag"; "fa(1)" ]
            (fun (structure: string) ->
                problems "22-seen-once" $"y ~ 1; residual = {structure}(visit | id)"
                |> Texts.equal [
                    $"visit 'V4' is seen once, in row 37: its variance cannot be estimated by '{structure}(visit | id)'; "
                    + "leave this row out, or take a structure with fewer variances and correlations, such as cs or ar1."
                ])

        // Fixed and random

        testCase "a factor that is fixed and random is refused by rank" (fun () ->
            fixedAndRandom "sleepstudy" "Reaction ~ Days + factor(Subject) + (1 | Subject)"
            |> Texts.equal (refused "(Intercept)" "(1 | Subject)" "Subject")

            fixedAndRandom "sleepstudy" "Reaction ~ Days + factor(Subject) + (Days | Subject)"
            |> Texts.equal (refused "(Intercept)" "(1 + Days | Subject)" "Subject")

            fixedAndRandom "orthodont" "distance ~ age + factor(Subject) + (1 | Subject)"
            |> Texts.equal (refused "(Intercept)" "(1 | Subject)" "Subject")

            // Batches are samples grouped: fixed samples hold them.
            fixedAndRandom "pastes" "strength ~ sample + (1 | batch)"
            |> Texts.equal (refused "(Intercept)" "(1 | batch)" "batch"))

        testCase "a variance that is known is no question" (fun () ->
            let fit =
                Lmm.fitFormula
                    {
                        FitOptions.defaults with
                            Held = Map [ "Subject.(Intercept)", 100.0 ]
                    }
                    (TestFrame.read "sleepstudy")
                    "Reaction ~ Days + factor(Subject) + (1 | Subject)"

            Check.isTrue (Result.isOk fit))

        // Found by chance: the constant and the power grow together until their derivatives overflow.
        testCase "a constant that is best infinite is told as that" (fun () ->
            let fit =
                RandomModel.fit {
                    Seed = 239001
                    Rows = 39
                    Fixed = "1"
                    Random = ""
                    Criterion = Criterion.Ml
                    Size = 0.0
                    HasWeights = false
                    HasOffset = false
                    IsBalanced = false
                    Residual = "cs(visit | id) * varconstpower(v) * ident(arm)"
                    Held = []
                }

            Law.assertHolds [
                yield! Law.isTrue "a decrement" (System.Double.IsFinite fit.Certificate.NewtonDecrement)
                yield! Law.isTrue "a gradient" (System.Double.IsFinite fit.Certificate.Gradient)
            ]

            Check.equal
                (Verdict.NotConverged
                    "the likelihood is highest where Residual.const is infinite; take a simpler structure")
                fit.Certificate.Verdict)

        // Found by chance: its standard deviation ended at 1e-12, an optimum like any other.
        testCase "a variance of zero within a product is at its bound" (fun () ->
            let fit =
                RandomModel.fit {
                    Seed = 452870
                    Rows = 39
                    Fixed = "0 + f * copy"
                    Random = "kron(us(0 + arm), ar1(0 + visit) | id)"
                    Criterion = Criterion.Reml
                    Size = 3.0
                    HasWeights = false
                    HasOffset = false
                    IsBalanced = true
                    Residual = ""
                    Held = []
                }

            Check.equal (Verdict.BoundaryOptimum [ "id loading2(armb1)" ]) fit.Certificate.Verdict)

        // Found by the benchmark of optima: fifteen rows whose V gets singular, beside a moving average of −1.
        testCase "the end of a moving average is no optimum where the likelihood is higher across it" (fun () ->
            let model = (MultimodalModels.tryOfSeed "residual" 160326).Value
            let fit = Lmm.fitFormula model.Options model.Data model.Formula |> Result.toOption

            Check.isTrue (fit |> Option.forall (fun fit -> not fit.Certificate.IsConverged)))
    ]
