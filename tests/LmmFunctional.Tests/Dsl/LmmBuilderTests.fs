namespace LmmFunctional.Tests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Dsl

/// A row type whose columns the compiler knows.
type SleepRow = {
    Reaction: float
    Days: float
    Subject: string
}

module LmmBuilderTests =

    let private config = {
        Law.config with
            arbitrary = [ typeof<PlanGenerators> ]
    }

    let private messageOf (action: unit -> 'a) : string =
        try
            action () |> ignore
            "no exception"
        with :? ArgumentException as problem ->
            problem.Message

    [<Tests>]
    let tests =
        testList "LmmBuilderTests" [
            testPropertyWithConfig config "words and text mean the same model" (fun plan ->
                Ok(Plan.words plan) = Formula.parse (Plan.text plan)
                |> Prop.label (Plan.text plan))

            testPropertyWithConfig config "a formula in the block is the formula parsed" (fun plan ->
                let text = Plan.text plan
                Ok(lmm { formula text }) = Formula.parse text)

            testPropertyWithConfig config "the order of clauses means nothing" (fun plan ->
                Plan.words plan = Plan.wordsBackwards plan)

            testPropertyWithConfig config "fixed clauses add up to the same terms" (fun plan ->
                let variables spec =
                    spec.Fixed.Items |> List.map (fun term -> Set.ofList term.Factors) |> Set.ofList

                let whole, pieces = Plan.words plan, Plan.wordByWord plan

                variables whole = variables pieces
                && { whole with Fixed = pieces.Fixed } = pieces)

            testCase "the growth curve reads as its formula" (fun () ->
                let sleep =
                    lmm {
                        response "reaction"
                        fixed' (intercept + col "days")
                        random (intercept + col "days" |> by "subj")
                    }

                Check.equal (lmm { formula "reaction ~ 1 + days + (1 + days | subj)" }) sleep
                Check.equal "reaction ~ 1 + days + (1 + days | subj)" (Formula.print sleep))

            testCases
                "conditions and loops are legal inside"
                [
                    true, "yield ~ 1 + factor(variety) + (0 + nitrogen || site) + (1 | a) + (1 | b)"
                    false, "yield ~ 1 + factor(variety) + (1 | a) + (1 | b)"
                ]
                (fun (withSlope, expected: string) ->
                    let trial =
                        lmm {
                            response "yield"
                            fixed' (intercept + factor "variety")

                            if withSlope then
                                random (col "nitrogen" |> by "site" |> uncorrelated)

                            for block in [ "a"; "b" ] do
                                random (intercept |> by block)
                        }

                    Check.equal expected (Formula.print trial))

            testCase "further clauses add to a formula" (fun () ->
                let model =
                    lmm {
                        formula "y ~ x + (1 | g)"
                        fixed' (col "z")
                        random (intercept |> byInteraction [ "g"; "h" ])
                        weights "w"
                        residual independent
                    }

                Check.equal "y ~ 1 + x + z + (1 | g) + (1 | g:h); weights = w" (Formula.print model))

            testCase "bare arithmetic is protected" (fun () ->
                let model =
                    lmm {
                        responseExpression "y / 2"
                        fixed' (expression "days ^ 2" + expression "log(days)")
                    }

                Check.equal "y/2 ~ 0 + I(days^2) + log(days)" (Formula.print model))

            testCase "checked names are the names of properties" (fun () ->
                let model =
                    lmm {
                        response (Col<SleepRow>.name _.Reaction)
                        fixed' (intercept + col (Col<SleepRow>.name _.Days))
                        random (intercept |> by (Col<SleepRow>.name (fun row -> row.Subject)))
                    }

                Check.equal "Reaction ~ 1 + Days + (1 | Subject)" (Formula.print model))

            // Mistakes in the program are exceptions.

            testCase "a checked name is one property" (fun () ->
                Check.equal
                    "Name one property of SleepRow, as in Col<SleepRow>.name _.Property. (Parameter 'field')"
                    (messageOf (fun () -> Col<SleepRow>.name (fun row -> row.Days + 1.0))))

            testCase "a bad literal shows its caret" (fun () ->
                let expected =
                    String.Join(
                        Environment.NewLine,
                        [
                            "The formula cannot be read:"
                            "  y ~ (x"
                            "        ^ expected an operator, '|' or ')', but the text ends here"
                        ]
                    )

                Check.equal expected (messageOf (fun () -> formula "y ~ (x")))

            testCase "two residuals are refused" (fun () ->
                let model () =
                    lmm {
                        response "y"
                        residual independent
                        residual independent
                    }

                Check.equal
                    "lmm { }: The model has two residual structures; keep exactly one 'residual'."
                    (messageOf (fun () -> model ())))

            testCase "two columns of weights are refused" (fun () ->
                let model () =
                    lmm {
                        formula "y ~ x; weights = w"
                        weights "v"
                    }

                Check.equal
                    "lmm { }: The model has two columns of weights; keep exactly one 'weights'."
                    (messageOf (fun () -> model ())))

            testCase "a response that names no column is refused" (fun () ->
                Check.startsWith "The response must name a column." (messageOf (fun () -> responseExpression "1 + 1")))

            testCase "no grouping factor at all is refused" (fun () ->
                Check.startsWith
                    "Name at least one grouping factor."
                    (messageOf (fun () -> intercept |> byInteraction [])))

            testCase "random terms need effects" (fun () ->
                Check.equal
                    "Random term '(0 | g)' has no effects; write (1 | g) for a random intercept."
                    (messageOf (fun () -> Terms.empty |> by "g")))

            testCase "random terms hold no offsets" (fun () ->
                Check.equal
                    "A random term cannot hold an offset; add it to the fixed effects."
                    (messageOf (fun () -> intercept + offset "x" |> byInteraction [ "g"; "h" ])))
        ]
