namespace LmmFunctional.Tests

open System
open NUnit.Framework
open LmmFunctional

/// <summary>Closed forms of balanced designs against hand calculation, and which designs have one.</summary>
[<TestFixture>]
module BalancedIdentityTests =

    let private outcomeOf (fit: Fit) =
        (Identities.check fit
         |> List.find (fun check -> check.Name = "balanced closed form"))
            .Outcome

    /// Crossed a and b, c within a and b, with reps in every cell; effects large enough for positive estimates, mostly.
    let private frame seed levelsA levelsB reps =
        let random = Random(seed: int)

        let normal () =
            sqrt (-2.0 * log (1.0 - random.NextDouble()))
            * cos (2.0 * Math.PI * random.NextDouble())

        let ofA = Array.init levelsA (fun _ -> 3.0 * normal ())
        let ofB = Array.init levelsB (fun _ -> 3.0 * normal ())
        let ofCells = Array.init (levelsA * levelsB) (fun _ -> 3.0 * normal ())

        let rows = [|
            for a in 0 .. levelsA - 1 do
                for b in 0 .. levelsB - 1 do
                    for _ in 1..reps -> a, b, 10.0 + ofA[a] + ofB[b] + ofCells[a * levelsB + b] + normal ()
        |]

        random.Shuffle rows

        TestFrame.ofColumns [
            "a", rows |> Seq.map (fun (a, _, _) -> $"a{a}") |> TestFrame.texts
            "b", rows |> Seq.map (fun (_, b, _) -> $"b{b}") |> TestFrame.texts
            "y", rows |> Seq.map (fun (_, _, y) -> y) |> TestFrame.numbers
        ]

    let private fit criterion frame formula =
        let options = {
            FitOptions.defaults with
                Criterion = criterion
        }

        match Lmm.fitFormula options frame formula with
        | Ok fit -> fit
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    [<TestCase("y ~ 1 + (1 | a)")>]
    [<TestCase("y ~ 1 + (1 | a/b)")>]
    [<TestCase("y ~ 1 + (1 | a) + (1 | b)")>]
    [<TestCase("y ~ 1 + (1 | a) + (1 | b) + (1 | a:b)")>]
    [<TestCase("y ~ a + (1 | b) + (1 | a:b)")>]
    [<TestCase("y ~ a + (1 | b)")>]
    let ``REML has the closed form wherever all estimates are positive`` formula =
        let applied =
            [ 1..12 ]
            |> List.filter (fun seed ->
                match outcomeOf (fit Criterion.Reml (frame seed 4 5 3) formula) with
                | IdentityOutcome.Checked(residual, tolerance) ->
                    Assert.That(residual, Is.LessThanOrEqualTo tolerance)
                    true
                | IdentityOutcome.NotApplicable reason ->
                    Assert.That(reason, Is.EqualTo "an analysis of variance estimate is negative")
                    false)

        Assert.That(applied.Length, Is.GreaterThanOrEqualTo 6)

    [<TestCase("y ~ 1 + (1 | a)", true)>]
    [<TestCase("y ~ 1 + (1 | a/b)", true)>]
    [<TestCase("y ~ 1 + (1 | a) + (1 | b)", false)>]
    let ``ML has it where no stratum is left to the mean`` (formula: string, hasForm: bool) =
        match outcomeOf (fit Criterion.Ml (frame 1 4 5 3) formula) with
        | IdentityOutcome.Checked(residual, tolerance) ->
            Assert.That(hasForm)
            Assert.That(residual, Is.LessThanOrEqualTo tolerance)
        | IdentityOutcome.NotApplicable reason ->
            Assert.That(hasForm, Is.False)
            Assert.That(reason, Is.EqualTo "there are not as many strata as variances")

    [<Test>]
    let ``the nested design of the pigment data has it`` () =
        let fit = Fitted.reml "pigment" "moisture ~ 1 + (1 | batch/sample)"

        match outcomeOf fit with
        | IdentityOutcome.Checked(residual, tolerance) -> Assert.That(residual, Is.LessThanOrEqualTo tolerance)
        | IdentityOutcome.NotApplicable reason -> Assert.Fail reason

    [<Test>]
    let ``a design with slopes is told apart`` () =
        match outcomeOf (Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)") with
        | IdentityOutcome.Checked _ -> Assert.Fail "it has none"
        | IdentityOutcome.NotApplicable reason ->
            Assert.That(
                reason,
                Is.EqualTo "closed forms need random intercepts, balanced classes and fixed effects, and no weights"
            )
