/// <summary>Numbers of a column: enough digits for each, the same decimals for all.</summary>
module LmmFunctional.Tests.NumberTextTests

open System
open System.Globalization
open Expecto
open FsCheck
open LmmFunctional.Analysis

let private read (text: string) =
    Double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)

let private decimals (text: string) =
    match text.IndexOf '.' with
    | -1 -> 0
    | point -> text.Length - point - 1

let private values (numbers: NormalFloat list) =
    numbers |> List.map (fun number -> number.Get)

[<Tests>]
let tests =
    testList "NumberTextTests" [
        testProperty "each number reads back to its significant digits" (fun (size: byte) (numbers: NormalFloat list) ->
            let digits = 1 + int size % 12

            List.forall2
                (fun value text ->
                    abs (read text - value)
                    <= 0.5000001 * Math.Pow(10.0, float (1 - digits)) * abs value)
                (values numbers)
                (NumberText.column digits (values numbers)))

        testProperty "numbers of a column have the same decimals" (fun (numbers: NormalFloat list) ->
            let texts = NumberText.column 4 (values numbers)
            let places = texts |> List.map (fun text -> decimals (text.Split('e')[0]))
            places |> List.distinct |> List.length <= 1)

        // Oracle: format(x, digits = 4) of R 4.2, blanks left out.
        testCase "columns read as R formats them" (fun () ->
            let columns = [
                [ 251.40510; 6.824597; 10.467286; 1.545790 ], [ "251.405"; "6.825"; "10.467"; "1.546" ]
                [ 612.1; 35.07; 654.94 ], [ "612.10"; "35.07"; "654.94" ]
                [ 0.0; 13.80645 ], [ "0.00"; "13.81" ]
                [ 1e-10; 2.0 ], [ "1e-10"; "2e+00" ]
                [ 1.5e8; 2e-3 ], [ "1.5e+08"; "2.0e-03" ]
                [ 123456789.0 ], [ "123456789" ]
                [ 0.00001234 ], [ "1.234e-05" ]
                [ 1.0; 10.0; 100.0 ], [ "1"; "10"; "100" ]
                [ -0.5; nan; infinity; 3.0 ], [ "-0.5"; "NaN"; "Inf"; "3.0" ]
                [ 100000.0 ], [ "1e+05" ]
                [ 123456.0 ], [ "123456" ]
                [ 0.1 + 0.2 ], [ "0.3" ]
            ]

            for values, expected in columns do
                NumberText.column 4 values |> Texts.equal expected)

        testCase "a small negative number does not read as minus zero" (fun () ->
            Check.equal "0.00" (NumberText.fixedPoint 2 -0.001))

        // Oracle: abbreviate(x, 6) of R 4.2.
        testCase "names are shortened as R abbreviates them" (fun () ->
            Abbreviation.distinct 6 [ "(Intercept)"; "MachineB"; "Days"; "x"; "service" ]
            |> Texts.equal [ "(Intr)"; "MachnB"; "Days"; "x"; "servic" ])

        testProperty "different names stay different when shortened" (fun (names: char[] list) ->
            let names = names |> List.map String |> List.distinct
            List.length (List.distinct (Abbreviation.distinct 3 names)) = names.Length)
    ]
