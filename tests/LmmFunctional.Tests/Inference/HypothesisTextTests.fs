/// <summary>Linear functions of the fixed effects as text: names, fractions, parentheses, reference levels.</summary>
module LmmFunctional.Tests.HypothesisTextTests

open Expecto
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Analysis

let private names = [|
    "(Intercept)"
    "recipeB"
    "recipeC"
    "temp"
    "recipeB:temp"
    "x - 1"
    "z: deep"
|]

let private parse (text: string) =
    HypothesisText.parse 7 (Array.append names [| "recipeA"; "recipeA:temp" |]) text

let private rows text =
    parse text
    |> Inferred.orRaise
    |> List.map (fun row -> row.Label, List.ofArray row.Weights, row.Value)

let private weights (pairs: (string * float) list) = [
    for name in names -> pairs |> List.sumBy (fun (own, w) -> if own = name then w else 0.0)
]

let private single text =
    match rows text with
    | [ _, weights, value ] -> weights, value
    | found -> invalidOp $"{found}"

[<Tests>]
let tests =
    testList "HypothesisTextTests" [
        testCase "names, fractions and parentheses" (fun () ->
            for text, expected, value in
                [
                    "recipeB", [ "recipeB", 1.0 ], 0.0
                    "1/2*recipeB - recipeC/4", [ "recipeB", 0.5; "recipeC", -0.25 ], 0.0
                    "3/4 recipeB", [ "recipeB", 0.75 ], 0.0
                    "(recipeB + recipeC)/2 - temp", [ "recipeB", 0.5; "recipeC", 0.5; "temp", -1.0 ], 0.0
                    "2*(recipeB - (recipeC + temp))", [ "recipeB", 2.0; "recipeC", -2.0; "temp", -2.0 ], 0.0
                    "(Intercept) + 1/3*recipeB = 10/4", [ "(Intercept)", 1.0; "recipeB", 1.0 / 3.0 ], 2.5
                    "-x - 1 + 2", [ "x - 1", -1.0 ], -2.0
                    "`z: deep` = -1e-2*4", [ "z: deep", 1.0 ], -0.04
                    "recipeA - recipeB", [ "recipeB", -1.0 ], 0.0
                    "recipeB:temp - recipeA:temp", [ "recipeB:temp", 1.0 ], 0.0
                ] do
                let found, tested = single text
                Law.assertHolds (Law.nearAll text 1e-15 (weights expected) found)
                Law.assertHolds (Law.near text 1e-15 value tested))

        testCase "labels" (fun () ->
            let labels text =
                rows text |> List.map (fun (label, _, _) -> label)

            for text, expected in
                [
                    "A - B: recipeA - recipeB; half: 1/2*recipeB, recipeC = 2", [ "A - B"; "half"; "recipeC = 2" ]
                    "recipeB: recipeB - recipeC", [ "recipeB" ]
                    "z: deep", [ "z: deep" ]
                    "recipeB:temp, deep: z: deep;", [ "recipeB:temp"; "deep" ]
                ] do
                Check.equal expected (labels text))

        testCase "what cannot be read" (fun () ->
            let problem text = parse text |> Inferred.describe

            let at text place expected =
                let caret = System.String(' ', place)
                $"The hypothesis cannot be read:\n  {text}\n  {caret}^ {expected}"

            Texts.equal [
                at "recipeA" 0 "coefficients of reference levels are zero; name another level too"
                at "recipeB/0" 8 "a number that is not zero is needed here"
                at "recipeB*recipeC" 8 "one of two factors is a number"
                at "recipeB/recipeC" 8 "a number that is not zero is needed here"
                at "1/2 recipeB -" 13 "a column of X or a number is needed here"
                at "(recipeB + temp = 1)" 16 "a sign or ')' is needed here"
                "'recipeQ' is not a column of the fixed effects; did you mean 'recipeB'?"
                at "3 = 3" 0 "this names no column of X"
            ] [
                problem "recipeA"
                problem "recipeB/0"
                problem "recipeB*recipeC"
                problem "recipeB/recipeC"
                problem "1/2 recipeB -"
                problem "(recipeB + temp = 1)"
                problem "named: recipeQ"
                problem "3 = 3"
            ])

        testPropertyWithConfig
            (Law.tries 100)
            "sums with fractions are read as they are written"
            (fun (terms: (int * int * byte) list) ->
                let terms =
                    (1, 1, 0uy) :: terms
                    |> List.map (fun (a, b, place) -> a % 100, 1 + abs (b % 9), names[int place % 5])

                let text =
                    terms
                    |> List.map (fun (a, b, name) -> $"{a}/{b}*{name}".Replace("-", " - ").TrimStart())
                    |> List.map (fun term -> if term.StartsWith '-' then term else "+ " + term)
                    |> String.concat " "

                let expected =
                    terms |> List.map (fun (a, b, name) -> name, float a / float b) |> weights

                if expected |> List.forall ((=) 0.0) then
                    Law.holds []
                else
                    Law.holds (Law.nearAll text 1e-9 expected (fst (single text))))

        // Treatment contrasts: the coefficient of the reference level is zero by the coding, whatever is fitted.
        testCase "differences with the reference level are those of another coding" (fun () ->
            let test formula text =
                Inferred.reml "cake" formula
                |> Inferred.test DegreesOfFreedomMethod.satterthwaite text

            let tested =
                (test "angle ~ recipe + (1 | replicate:recipe)" "recipeRA - recipeRC").Estimates.Head

            let full =
                (test "angle ~ 0 + recipe + (1 | replicate:recipe)" "recipeRA - recipeRC").Estimates.Head

            Law.assertHolds [
                yield! Law.near "estimate" 1e-9 full.Estimate tested.Estimate
                yield! Law.near "error" 1e-9 full.StandardError tested.StandardError
                yield! Law.near "df" 1e-5 full.Df tested.Df
            ])
    ]
