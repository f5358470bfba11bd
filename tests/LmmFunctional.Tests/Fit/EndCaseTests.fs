namespace LmmFunctional.Tests

open NUnit.Framework
open LmmFunctional

/// <summary>Bounds, unbounded likelihoods and what cannot be estimated: reported inputs, with values of R's gls and lme4
/// or closed forms.</summary>
[<TestFixture>]
module EndCaseTests =

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
        TestFrame.same (Verdict.BoundaryOptimum names) fit.Certificate.Verdict

    // Bounds

    [<Test>]
    let ``a nugget of zero is at its bound after a few steps: gls has 79.22838`` () =
        let fit = fitted "16-one-series" "y ~ times; residual = ar1(times | group) + nugget"
        atBound [ "Residual.nugget" ] fit
        Assert.That(fit.CriterionValue, Is.EqualTo(79.22838).Within 5e-6)
        Assert.That((List.last fit.Iterations).Number, Is.LessThan 10)
        Assert.That(fit.Certificate.IsSingular, Is.False)

    [<TestCase("car1(t | id)", "Residual.Phi")>]
    [<TestCase("sp_exp(t | id)", "Residual.range")>]
    let ``negative autocorrelation leaves no correlation by distance`` (structure: string) (name: string) =
        let fit = fitted "17-negative-autocorrelation" $"y ~ t; residual = {structure}"
        let independent = fitted "17-negative-autocorrelation" "y ~ t"
        atBound [ name ] fit
        Assert.That(fit.CriterionValue, Is.EqualTo(independent.CriterionValue).Within 1e-9)
        Assert.That((List.last fit.CovarianceParameters).Estimate, Is.EqualTo 0.0)
        Assert.That((List.last fit.CovarianceParameters).StandardError, Is.EqualTo None)

    [<TestCase("id(1 | Batch)")>]
    [<TestCase("cs(1 | Batch)")>]
    [<TestCase("(1 | Batch)")>]
    let ``a variance of zero counts as known however it is written`` (term: string) =
        let fit = fitted "26-zero-structured" $"Yield ~ 1 + {term}"
        Law.relativeAll "df" 1e-9 [ 29.0 ] (degrees fit) |> Law.assertHolds

    [<Test>]
    let ``a correlation at its bound of zero counts as known: the df of a mean`` () =
        let fit = fitted "27-car1-zero" "y ~ 1; residual = car1(t | g)"
        atBound [ "Residual.Phi" ] fit
        Assert.That(fit.CriterionValue, Is.EqualTo(216.9291901).Within 5e-8)
        Law.relativeAll "df" 1e-9 [ 71.0 ] (degrees fit) |> Law.assertHolds

    [<Test>]
    let ``a correlation at its bound of one counts as known`` () =
        let fit = fitted "28-csh-one" "y ~ x + csh(0 + factor(t) | g)"
        atBound [ "g rho" ] fit
        Assert.That(fit.CriterionValue, Is.EqualTo(562.573767).Within 5e-7)
        Law.nearAll "df" 5e-3 [ 29.05; 147.95 ] (degrees fit) |> Law.assertHolds

    [<Test>]
    let ``a correlation of minus one in the residuals of two traits is named`` () =
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
            Assert.That(fit.CriterionValue, Is.EqualTo(196.683382).Within 5e-6)
        | Error problems -> Assert.Fail $"%A{problems}"

    // No maximum

    [<Test>]
    let ``a likelihood without maximum is said to be one`` () =
        match (fitted "38-cs-unbounded" "y ~ 1; residual = cs(1 | g)").Certificate.Verdict with
        | Verdict.NotConverged reason ->
            Assert.That(
                reason,
                Is.EqualTo "the likelihood has no maximum: it grows without limit towards the end of Residual.rho"
            )
        | verdict -> Assert.Fail $"{verdict}"

    [<Test>]
    let ``a level whose rows are alike has no variance of its own`` () =
        problems "39-ident-constant" "y ~ f; residual = ident(f)"
        |> Texts.equal [
            "The fixed effects fit all 2 rows of f 'B' exactly, so the variance that they have of their own by 'ident(f)' "
            + "goes to zero and the likelihood has no maximum; leave these rows out, or take a structure in which they share "
            + "a variance."
        ]

    [<TestCase("us(v | s)", 9)>]
    [<TestCase("fa(5)(v | s)", 7)>]
    let ``a matrix with more freedom than its subjects can tell is refused`` (structure: string) (needed: int) =
        problems "40-us-too-few" $"y ~ v; residual = {structure}"
        |> Texts.equal [
            $"'{structure}' cannot be estimated: 's' has 6 levels, and a matrix of 8 values of 'v' needs {needed} or more "
            + "beside these fixed effects; take a structure with fewer parameters, such as cs or ar1."
        ]

    [<TestCase("us")>]
    [<TestCase("ad1")>]
    [<TestCase("toeph")>]
    [<TestCase("csh")>]
    [<TestCase("arh1")>]
    [<TestCase("diag")>]
    [<TestCase("fa(1)")>]
    let ``a level that is seen once is named whatever structure gives it a variance of its own`` (structure: string) =
        problems "22-seen-once" $"y ~ 1; residual = {structure}(visit | id)"
        |> Texts.equal [
            $"visit 'V4' is seen once, in row 37: its variance cannot be estimated by '{structure}(visit | id)'; "
            + "leave this row out, or take a structure with fewer variances and correlations, such as cs or ar1."
        ]

    // Fixed and random

    let private fixedAndRandom file formula =
        match Lmm.fitFormula FitOptions.defaults (TestFrame.read file) formula with
        | Ok fit -> [ $"{fit.Certificate.Verdict}" ]
        | Error problems -> problems |> List.map LmmError.describe

    let private refused effect term group = [
        $"The variance of '{effect}' in '{term}' cannot be estimated: the fixed effects hold this effect of every level of "
        + $"'{group}'; leave out the random term, or the fixed effects that repeat it."
    ]

    [<Test>]
    let ``a factor that is fixed and random is refused by rank`` () =
        fixedAndRandom "sleepstudy" "Reaction ~ Days + factor(Subject) + (1 | Subject)"
        |> Texts.equal (refused "(Intercept)" "(1 | Subject)" "Subject")

        fixedAndRandom "sleepstudy" "Reaction ~ Days + factor(Subject) + (Days | Subject)"
        |> Texts.equal (refused "(Intercept)" "(1 + Days | Subject)" "Subject")

        fixedAndRandom "orthodont" "distance ~ age + factor(Subject) + (1 | Subject)"
        |> Texts.equal (refused "(Intercept)" "(1 | Subject)" "Subject")

        // Batches are samples grouped: fixed samples hold them.
        fixedAndRandom "pastes" "strength ~ sample + (1 | batch)"
        |> Texts.equal (refused "(Intercept)" "(1 | batch)" "batch")

    [<Test>]
    let ``a variance that is known is no question`` () =
        let fit =
            Lmm.fitFormula
                {
                    FitOptions.defaults with
                        Held = Map [ "Subject.(Intercept)", 100.0 ]
                }
                (TestFrame.read "sleepstudy")
                "Reaction ~ Days + factor(Subject) + (1 | Subject)"

        Assert.That(Result.isOk fit)
