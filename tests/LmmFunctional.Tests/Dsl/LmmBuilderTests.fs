namespace LmmFunctional.Tests

open System
open NUnit.Framework
open FsCheck
open FsCheck.FSharp
open FsCheck.NUnit
open LmmFunctional

/// A row type whose columns the compiler knows.
type SleepRow = {
    Reaction: float
    Days: float
    Subject: string
}

[<TestFixture; Properties(Arbitrary = [| typeof<PlanGenerators> |])>]
module LmmBuilderTests =

    [<Property>]
    let ``words and text mean the same model`` plan =
        Ok(Plan.words plan) = Formula.parse (Plan.text plan)
        |> Prop.label (Plan.text plan)

    [<Property>]
    let ``a formula in the block is the formula parsed`` plan =
        let text = Plan.text plan
        Ok(lmm { formula text }) = Formula.parse text

    [<Property>]
    let ``the order of clauses means nothing`` plan =
        Plan.words plan = Plan.wordsBackwards plan

    [<Property>]
    let ``fixed clauses add up to the same terms`` plan =
        let variables spec =
            spec.Fixed.Items |> List.map (fun term -> Set.ofList term.Factors) |> Set.ofList

        let whole, pieces = Plan.words plan, Plan.wordByWord plan

        variables whole = variables pieces
        && { whole with Fixed = pieces.Fixed } = pieces

    [<Test>]
    let ``the growth curve reads as its formula`` () =
        let sleep =
            lmm {
                response "reaction"
                fixed' (intercept + col "days")
                random (intercept + col "days" |> by "subj")
            }

        Assert.That(sleep, Is.EqualTo(lmm { formula "reaction ~ 1 + days + (1 + days | subj)" }))
        Assert.That(Formula.print sleep, Is.EqualTo "reaction ~ 1 + days + (1 + days | subj)")

    [<TestCase(true, "yield ~ 1 + factor(variety) + (0 + nitrogen || site) + (1 | a) + (1 | b)")>]
    [<TestCase(false, "yield ~ 1 + factor(variety) + (1 | a) + (1 | b)")>]
    let ``conditions and loops are legal inside`` withSlope (expected: string) =
        let trial =
            lmm {
                response "yield"
                fixed' (intercept + factor "variety")

                if withSlope then
                    random (col "nitrogen" |> by "site" |> uncorrelated)

                for block in [ "a"; "b" ] do
                    random (intercept |> by block)
            }

        Assert.That(Formula.print trial, Is.EqualTo expected)

    [<Test>]
    let ``further clauses add to a formula`` () =
        let model =
            lmm {
                formula "y ~ x + (1 | g)"
                fixed' (col "z")
                random (intercept |> byInteraction [ "g"; "h" ])
                weights "w"
                residual independent
            }

        Assert.That(Formula.print model, Is.EqualTo "y ~ 1 + x + z + (1 | g) + (1 | g:h); weights = w")

    [<Test>]
    let ``bare arithmetic is protected`` () =
        let model =
            lmm {
                responseExpression "y / 2"
                fixed' (expression "days ^ 2" + expression "log(days)")
            }

        Assert.That(Formula.print model, Is.EqualTo "y/2 ~ 0 + I(days^2) + log(days)")

    [<Test>]
    let ``checked names are the names of properties`` () =
        let model =
            lmm {
                response (Col<SleepRow>.name _.Reaction)
                fixed' (intercept + col (Col<SleepRow>.name _.Days))
                random (intercept |> by (Col<SleepRow>.name (fun row -> row.Subject)))
            }

        Assert.That(Formula.print model, Is.EqualTo "Reaction ~ 1 + Days + (1 | Subject)")

    // Mistakes in the program are exceptions.

    let private messageOf (action: unit -> 'a) : string =
        try
            action () |> ignore
            "no exception"
        with :? ArgumentException as problem ->
            problem.Message

    [<Test>]
    let ``a checked name is one property`` () =
        Assert.That(
            messageOf (fun () -> Col<SleepRow>.name (fun row -> row.Days + 1.0)),
            Is.EqualTo "Name one property of SleepRow, as in Col<SleepRow>.name _.Property. (Parameter 'field')"
        )

    [<Test>]
    let ``a bad literal shows its caret`` () =
        let expected =
            String.Join(
                Environment.NewLine,
                [
                    "The formula cannot be read:"
                    "  y ~ (x"
                    "        ^ expected an operator, '|' or ')', but the text ends here"
                ]
            )

        Assert.That(messageOf (fun () -> formula "y ~ (x"), Is.EqualTo expected)

    [<Test>]
    let ``two residuals are refused`` () =
        let model () =
            lmm {
                response "y"
                residual independent
                residual independent
            }

        Assert.That(
            messageOf (fun () -> model ()),
            Is.EqualTo "lmm { }: The model has two residual structures; keep exactly one 'residual'."
        )

    [<Test>]
    let ``two columns of weights are refused`` () =
        let model () =
            lmm {
                formula "y ~ x; weights = w"
                weights "v"
            }

        Assert.That(
            messageOf (fun () -> model ()),
            Is.EqualTo "lmm { }: The model has two columns of weights; keep exactly one 'weights'."
        )

    [<Test>]
    let ``a response that names no column is refused`` () =
        Assert.That(messageOf (fun () -> responseExpression "1 + 1"), Does.StartWith "The response must name a column.")

    [<Test>]
    let ``no grouping factor at all is refused`` () =
        Assert.That(
            messageOf (fun () -> intercept |> byInteraction []),
            Does.StartWith "Name at least one grouping factor."
        )

    [<Test>]
    let ``random terms need effects`` () =
        Assert.That(
            messageOf (fun () -> Terms.empty |> by "g"),
            Is.EqualTo "Random term '(0 | g)' has no effects; write (1 | g) for a random intercept."
        )

    [<Test>]
    let ``random terms hold no offsets`` () =
        Assert.That(
            messageOf (fun () -> intercept + offset "x" |> byInteraction [ "g"; "h" ]),
            Is.EqualTo "A random term cannot hold an offset; add it to the fixed effects."
        )
