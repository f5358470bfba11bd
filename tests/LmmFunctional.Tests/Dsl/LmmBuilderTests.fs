namespace LmmFunctional.Tests

open System
open NUnit.Framework
open FsCheck
open FsCheck.FSharp
open FsCheck.NUnit
open LmmFunctional

/// One part of a sum, to be said in words and in text.
type Part =
    | Main of string
    | Crossed of string * string
    | OnlyInteraction of string * string
    | AsFactor of string
    | Computed of string
    | Known of string

/// The random part of a model, to be said in words and in text.
type RandomPart = {
    Slopes: Part list
    Groups: string * string option
    AreIndependent: bool
}

/// A model, to be said in words and in text.
type ModelPlan = {
    Parts: Part list
    RandomParts: RandomPart list
    WeightedBy: string option
}

type PlanGenerators =

    static member private Name = Gen.elements [ "a"; "b"; "c"; "dose (mg)"; ".d" ]

    static member private Slope =
        let name, pair = PlanGenerators.Name, Gen.two PlanGenerators.Name

        Gen.oneof [
            Gen.map Main name
            Gen.map Crossed pair
            Gen.map OnlyInteraction pair
            Gen.map AsFactor name
            Gen.elements [ "log(a)"; "I(b^2)"; "poly(c, 2)" ] |> Gen.map Computed
        ]

    static member ModelPlan() =
        gen {
            let! parts =
                Gen.listOf (Gen.frequency [ 6, PlanGenerators.Slope; 1, Gen.map Known PlanGenerators.Name ])

            let randomPart =
                Gen.map3
                    (fun slopes groups independent -> {
                        Slopes = slopes
                        Groups = groups
                        AreIndependent = independent
                    })
                    (Gen.listOf PlanGenerators.Slope)
                    (Gen.zip (Gen.elements [ "g"; "site no" ]) (Gen.optionOf (Gen.constant "h")))
                    (Gen.elements [ true; false ])

            let! randomParts = Gen.listOf randomPart
            let! weightedBy = Gen.optionOf PlanGenerators.Name

            return {
                Parts = parts
                RandomParts = randomParts
                WeightedBy = weightedBy
            }
        }
        |> Arb.fromGen

module private Plan =

    let private quoted (name: string) =
        if name.Contains ' ' then $"`{name}`" else name

    let private partText part =
        match part with
        | Main a -> quoted a
        | Crossed(a, b) -> $"{quoted a} * {quoted b}"
        | OnlyInteraction(a, b) -> $"{quoted a}:{quoted b}"
        | AsFactor a -> $"factor({quoted a})"
        | Computed text -> text
        | Known a -> $"offset({quoted a})"

    let private partWords part =
        match part with
        | Main a -> col a
        | Crossed(a, b) -> col a * col b
        | OnlyInteraction(a, b) -> interaction (col a) (col b)
        | AsFactor a -> factor a
        | Computed text -> expression text
        | Known a -> offset a

    let private sumText parts =
        String.concat " + " ("1" :: List.map partText parts)

    let sum parts =
        List.fold (fun sum part -> sum + partWords part) intercept parts

    let private randomText random =
        let bar = if random.AreIndependent then "||" else "|"

        let inner =
            snd random.Groups
            |> Option.map (fun group -> ":" + quoted group)
            |> Option.defaultValue ""

        $"({sumText random.Slopes} {bar} {quoted (fst random.Groups)}{inner})"

    let randomWords random =
        let grouped =
            match random.Groups with
            | group, None -> sum random.Slopes |> by group
            | outer, Some inner -> sum random.Slopes |> byInteraction [ outer; inner ]

        if random.AreIndependent then
            uncorrelated grouped
        else
            grouped

    let text plan =
        let sum =
            sumText plan.Parts :: List.map randomText plan.RandomParts
            |> String.concat " + "

        let clause =
            plan.WeightedBy |> Option.map (fun name -> $"; weights = {quoted name}")

        $"log(y) ~ {sum}" + Option.defaultValue "" clause

    let words plan =
        lmm {
            responseExpression "log(y)"
            fixed' (sum plan.Parts)

            for part in plan.RandomParts do
                random (randomWords part)

            for column in Option.toList plan.WeightedBy do
                weights column
        }

    let wordsBackwards plan =
        lmm {
            for column in Option.toList plan.WeightedBy do
                weights column

            residual independent

            for part in plan.RandomParts do
                random (randomWords part)

            fixed' (sum plan.Parts)
            responseExpression "log(y)"
        }

    let wordByWord plan =
        lmm {
            for part in plan.Parts do
                fixed' (sum [ part ])

            responseExpression "log(y)"
            fixed' intercept

            for part in plan.RandomParts do
                random (randomWords part)

            match plan.WeightedBy with
            | Some column -> weights column
            | None -> ()
        }

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
