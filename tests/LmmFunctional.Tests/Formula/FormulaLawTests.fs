module LmmFunctional.Tests.FormulaLawTests

open System
open System.Threading
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

let private config = {
    Law.config with
        arbitrary = [ typeof<ModelGenerators> ]
        maxTest = 300
}

let private sameMeaning a b =
    match Formula.parse ("y ~ " + a), Formula.parse ("y ~ " + b) with
    | Ok left, Ok right -> left = right |> Prop.label $"{Formula.print left} <> {Formula.print right}"
    | left, right -> false |> Prop.label $"{left} and {right}"

let private inParentheses terms = $"({TermText.deparseSum terms})"

let private isPlaced (text: string) problem =
    match problem with
    | LmmError.FormulaSyntax(shown, position, words) ->
        // Long formulas are shown around their fault.
        shown.Length <= text.Trim().Length
        && position >= 0
        && position <= shown.Length
        && words <> ""
        && not (shown.Contains '\n')
    | LmmError.TwoResiduals
    | LmmError.Others _
    | LmmError.EmptyRandomTerm _ -> true
    | _ -> false

let private readsOrExplains text =
    match Formula.parse text with
    | Ok spec -> Formula.parse (Formula.print spec) = Ok spec |> Prop.label $"{text} gave {spec}"
    | Error problems ->
        (not (List.isEmpty problems) && List.forall (isPlaced text) problems)
        |> Prop.label $"{text} gave {problems}"

// Half of the smallest usual stack.
let private onSmallStack (action: unit -> 'a) : 'a =
    let mutable result = Unchecked.defaultof<'a>
    let thread = Thread((fun () -> result <- action ()), 512 * 1024)
    thread.Start()
    thread.Join()
    result

let private nestings (depth: int) =
    let repeated left right =
        String.replicate depth left + "x" + String.replicate depth right

    let protectedBy left right = "I(" + repeated left right + ")"

    [
        repeated "(" ")"
        repeated "f(" ")"
        repeated "-" ""
        repeated "x^" ""
        repeated "(1 + " " | g)"
        protectedBy "-" ""
        protectedBy "x^" ""
        protectedBy "(" ")"
        protectedBy "x + " ""
        protectedBy "(x + x + x + x + x + x + x + x + x + x + x + " ")"
    ]

[<Tests>]
let tests =
    testList "FormulaLawTests" [
        testPropertyWithConfig config "a printed model parses back to itself" (fun (PrintableModel spec) ->
            let text = Formula.print spec
            Formula.parse text = Ok spec |> Prop.label text)

        testPropertyWithConfig config "printing is stable under parsing" (fun (PrintableModel spec) ->
            let text = Formula.print spec

            Formula.parse text |> Result.map Formula.print = Ok text |> Prop.label text)

        testPropertyWithConfig
            config
            "blanks and new lines mean nothing between words"
            (fun (PlainSum a) (PlainSum b) ->
                sameMeaning $"{inParentheses a}*{inParentheses b}" $"  {inParentheses a}\n\t *\r\n {inParentheses b}  ")

        testPropertyWithConfig config "a * b is a + b + a:b" (fun (PlainSum a) (PlainSum b) ->
            let a, b = inParentheses a, inParentheses b
            sameMeaning $"{a} * {b}" $"{a} + {b} + {a}:{b}")

        testPropertyWithConfig config "the words * and + agree with the text" (fun (PlainSum a) (PlainSum b) ->
            match Formula.parse $"y ~ 0 + {inParentheses a} * {inParentheses b} - 1" with
            | Ok spec -> spec.Fixed = a * b
            | Error _ -> false)

        testPropertyWithConfig config "a / b is a + a:b for single terms" (fun (PlainSum a) (PlainSum b) ->
            match a.Items, b.Items with
            | one :: _, other :: _ ->
                let a, b = TermText.deparse one, TermText.deparse other
                sameMeaning $"{a} / {b}" $"{a} + {a}:{b}"
            | _ -> true |> Prop.label "empty")

        testPropertyWithConfig config "a %in% b is a:b for single terms" (fun (PlainSum a) (PlainSum b) ->
            match a.Items, b.Items with
            | one :: _, other :: _ ->
                let a, b = TermText.deparse one, TermText.deparse other
                sameMeaning $"{a} %%in%% {b}" $"{a}:{b}"
            | _ -> true |> Prop.label "empty")

        testPropertyWithConfig config "a square is the product with itself" (fun (PlainSum a) ->
            sameMeaning $"{inParentheses a}^2" $"{inParentheses a} * {inParentheses a}")

        testCase "the square of three is mains and pairs" (fun () ->
            Check.equal
                (Ok "y ~ 1 + a + b + c + a:b + a:c + b:c": Result<string, LmmError list>)
                (Formula.parse "y ~ (a + b + c)^2" |> Result.map Formula.print))

        testPropertyWithConfig config "a removed term is not there" (fun (PlainSum a) (PlainSum b) ->
            match Formula.parse $"y ~ {inParentheses a} - {inParentheses b}" with
            | Ok spec ->
                spec.Fixed.Items
                |> List.forall (fun term -> not (List.exists (Term.same term) b.Items))
            | Error _ -> false)

        testPropertyWithConfig config "any text is read or explained" (fun (text: NonEmptyString) ->
            readsOrExplains text.Get)

        testPropertyWithConfig
            { config with maxTest = 2000 }
            "anything that looks like a formula is read or explained"
            (fun (AlmostFormula text) -> readsOrExplains text)

        testPropertyWithConfig
            config
            "any beginning of a formula is read or explained"
            (fun (PrintableModel spec) (NonNegativeInt length) ->
                let text = Formula.print spec
                readsOrExplains (text.Substring(0, min length text.Length)))

        testCase "deep nesting is read or explained on a small stack" (fun () ->
            for text in [ 10; 50; 99; 1000; 20000 ] |> List.collect nestings do
                let outcome =
                    onSmallStack (fun () ->
                        match Formula.parse ("y ~ " + text) with
                        | Ok spec -> Formula.parse (Formula.print spec) = Ok spec
                        | Error problems -> List.forall (isPlaced ("y ~ " + text)) problems)

                Expect.isTrue outcome (text.Substring(0, min 60 text.Length)))

        testCase "five thousand columns are read without delay" (fun () ->
            let text = "y ~ " + String.Join(" + ", Seq.init 5000 (fun i -> $"x{i}"))
            let terms = Formula.parse text |> Result.map (fun spec -> spec.Fixed.Items.Length)
            Check.equal (Ok 5001: Result<int, LmmError list>) terms)
    ]
