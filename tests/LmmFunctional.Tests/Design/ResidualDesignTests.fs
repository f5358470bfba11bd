/// <summary>Rows placed along the coordinates of structures, and what is wrong with them in words.</summary>
module LmmFunctional.Tests.ResidualDesignTests

open Expecto
open LmmFunctional.Model
open LmmFunctional.Estimation

// Two subjects of three visits, the second's in another order; week is unequally spaced.
let private frame =
    TestFrame.ofColumns [
        "y", TestFrame.numbers [ 1.0; 3.0; 2.0; 5.0; 4.0; 7.0 ]
        "visit", TestFrame.texts [ "V1"; "V2"; "V10"; "V10"; "V1"; "V2" ]
        "colour", TestFrame.texts [ "red"; "blue"; "green"; "green"; "red"; "blue" ]
        "week", TestFrame.numbers [ 0.0; 1.0; 4.0; 4.0; 0.0; 1.0 ]
        "lat", TestFrame.numbers [ 1.0; 1.0; 2.0; 2.0; 3.0; 3.0 ]
        "lon", TestFrame.numbers [ 1.0; 2.0; 1.0; 2.0; 1.0; 2.0 ]
        "same", TestFrame.numbers [ 1.0; 1.0; 1.0; 1.0; 1.0; 1.0 ]
        "subject", TestFrame.texts [ "a"; "a"; "a"; "b"; "b"; "b" ]
        "arm", TestFrame.texts [ "T"; "T"; "T"; "C"; "C"; "C" ]
        "gap", TestFrame.numbers [ 0.0; nan; 4.0; 4.0; 0.0; 1.0 ]
    ]

let private structure text =
    match (TestFrame.design $"y ~ 1; residual = {text}" frame).Residual with
    | Some design -> design
    | None -> invalidOp "The residuals are independent."

let private axis text = (structure text).Factors.Head

let private placed text =
    let axis = axis text
    List.ofArray axis.Labels, axis.Values |> Array.map List.ofArray |> List.ofArray, List.ofArray axis.Position

let private random text =
    (TestFrame.design $"y ~ {text}" frame).Random.Head

let private problems: (string * string list) list = [
    "y ~ 1; residual = us(visit)",
    [
        "Residual structure 'us(visit)' needs subjects that repeat it; write us(visit | subject)."
    ]
    "y ~ 1; residual = us(lon | subject)",
    [
        "Subject 'a' of 'subject' has two rows at lon 1: rows 1 and 3; keep one row for each. 1 more row repeats a place."
    ]
    "y ~ 1; residual = sp_exp(lat)",
    [
        "Two rows are at lat 1: rows 1 and 2; keep one row for each. 2 more rows repeat a place."
    ]
    "y ~ 1; residual = kron(ar1(visit), ar1(colour) | same)",
    [
        "Subject '1' of 'same' has two rows at visit V10, colour green: rows 3 and 4; keep one row for each. 2 more rows repeat a place."
    ]
    "y ~ 1; residual = us(visit | subject) per lon",
    [
        "'lon' must be the same in all rows of 'subject' a, but it is '1' in row 1 and '2' in row 2."
    ]
    "y ~ (1 | subject per lon)",
    [
        "'lon' must be the same in all rows of 'subject' a, but it is '1' in row 1 and '2' in row 2."
    ]
    "y ~ 1; residual = us(visit | subject) per same", [ "Factor 'same' has a single level; remove it from the model." ]
    "y ~ 1; residual = ident(same)", [ "Factor 'same' has a single level; remove it from the model." ]
    "y ~ 1; residual = ar1(visit + week | subject)",
    [
        "'ar1(visit + week)' takes 1 coordinate at most, and 2 are given; structures along several variables are the spatial ones and kron(ar1(a), ar1(b))."
    ]
    "y ~ 1; residual = cs(visit | subject) + nugget",
    [
        "'cs(visit | subject)' has no distance that a nugget could be seen at; use it with ar1, car1, arma, sp_... or kron."
    ]
    "y ~ 1; residual = car1(colour | subject)",
    [
        "Column 'colour' is text, but 'car1(colour)' needs numbers; row 1 has 'red', which is not a number."
    ]
    "y ~ 1; residual = ar1(week | subject) * varpower(week)",
    [
        "In 'varpower(week)': the covariate is zero in row 1, so the residual would have no variance; use varconstpower."
    ]
    "y ~ 1; residual = ar1(weak | subjekt) * varpower(llat) per amr",
    [
        "Column 'weak' is not in the data; did you mean 'week'?"
        "Column 'subjekt' is not in the data; did you mean 'subject'?"
        "Column 'llat' is not in the data; did you mean 'lat'?"
        "Column 'amr' is not in the data; did you mean 'arm'?"
    ]
    "y ~ ar1(1 + visit | subject)",
    [
        "Random term 'ar1(1 + visit | subject)' has a structure that runs along one variable, without intercept; write ar1(0 + visit | subject)."
    ]
]

[<Tests>]
let tests =
    testList "ResidualDesignTests" [
        testCase "unstructured takes levels whatever their type" (fun () ->
            Check.equal
                ([ "V1"; "V10"; "V2" ], [ [ 0.0 ]; [ 1.0 ]; [ 2.0 ] ], [ 0; 2; 1; 1; 0; 2 ])
                (placed "us(visit | subject)")

            Check.equal
                ([ "0"; "1"; "4" ], [ [ 0.0 ]; [ 1.0 ]; [ 2.0 ] ], [ 0; 1; 2; 2; 0; 1 ])
                (placed "us(week | subject)"))

        testCase "autoregressive takes the order, of digits where levels differ in nothing else" (fun () ->
            Check.equal
                ([ "V1"; "V2"; "V10" ], [ [ 0.0 ]; [ 1.0 ]; [ 2.0 ] ], [ 0; 1; 2; 2; 0; 1 ])
                (placed "ar1(visit | subject)")

            Check.equal
                (Some "The levels of 'visit' are taken in the order of their digits: V1, V2, V10.")
                (axis "ar1(visit | subject)").Note

            Check.equal
                ([ "blue"; "green"; "red" ], [ [ 0.0 ]; [ 1.0 ]; [ 2.0 ] ], [ 2; 0; 1; 1; 2; 0 ])
                (placed "ar1(colour | subject)")

            Check.equal None (axis "ar1(colour | subject)").Note

            Check.equal
                ([ "0"; "1"; "4" ], [ [ 0.0 ]; [ 1.0 ]; [ 4.0 ] ], [ 0; 1; 2; 2; 0; 1 ])
                (placed "arma(1,1)(week | subject)")

            Check.equal
                ([ "0"; "1"; "4" ], [ [ 0.0 ]; [ 1.0 ]; [ 2.0 ] ], [ 0; 1; 2; 2; 0; 1 ])
                (placed "arma(1,1)(factor(week) | subject)"))

        testCase "continuous time and space take values" (fun () ->
            Check.equal
                ([ "0"; "1"; "4" ], [ [ 0.0 ]; [ 1.0 ]; [ 4.0 ] ], [ 0; 1; 2; 2; 0; 1 ])
                (placed "car1(week | subject)")

            Check.equal
                ([ "1:1"; "1:2"; "2:1"; "2:2"; "3:1"; "3:2" ],
                 [
                     for lat in 1.0 .. 3.0 do
                         for lon in 1.0 .. 2.0 -> [ lat; lon ]
                 ],
                 [ 0..5 ])
                (placed "sp_exp(lat + lon)"))

        testCase "row order counts within subjects, over the rows in use" (fun () ->
            Check.equal
                ([ "1"; "2"; "3" ], [ [ 0.0 ]; [ 1.0 ]; [ 2.0 ] ], [ 0; 1; 2; 0; 1; 2 ])
                (placed "ar1(1 | subject)")

            let design =
                TestFrame.design "y ~ 1; residual = ar1(1 | subject) * varexp(gap)" frame

            Check.equal 1 design.MissingRows

            Check.equal
                (Some [ 0; 1; 0; 1; 2 ])
                (design.Residual
                 |> Option.map (fun residual -> List.ofArray residual.Factors.Head.Position)))

        testCase "subjects, levels and variances are coded by row" (fun () ->
            let design = structure "us(visit | subject) * ident(colour) * varpower(lat) per arm"
            Check.equal ("subject", [ "a"; "b" ]) (design.SubjectName, List.ofSeq design.Subjects)
            Check.equal [ 0; 0; 0; 1; 1; 1 ] (List.ofArray design.SubjectCodes)

            match design.Levels with
            | Some(name, levels, codes) ->
                Check.equal ("arm", [ "C"; "T" ], [ 1; 1; 1; 0; 0; 0 ]) (name, List.ofSeq levels, List.ofArray codes)
            | None -> failtest "There are no levels."

            match List.map snd design.Variances with
            | [ VarianceValues.Groups(levels, codes); VarianceValues.Covariate values ] ->
                Check.equal [ "blue"; "green"; "red" ] (List.ofSeq levels)
                Check.equal [ 2; 0; 1; 1; 2; 0 ] (List.ofArray codes)
                Check.equal [ 1.0; 1.0; 2.0; 2.0; 3.0; 3.0 ] (List.ofArray values)
            | other -> failtest $"%A{other}")

        testCase "without a subject all rows are one" (fun () ->
            let design = structure "kron(ar1(lat), ar1(lon)) + nugget"
            Check.equal ("all rows", [ "all rows" ]) (design.SubjectName, List.ofSeq design.Subjects)
            Check.equal [ "lat"; "lon" ] (design.Factors |> List.map _.Name))

        testCase "a dot leaves the columns of the structure out" (fun () ->
            let design =
                TestFrame.design
                    "y ~ . - colour - gap - same; residual = us(visit | subject) * varpower(lat) per arm"
                    frame

            Check.equal [ "(Intercept)"; "week"; "lon" ] (List.ofSeq design.Fixed.Names))

        // Random terms

        testCase "effects along a variable have the place of their level" (fun () ->
            let term = random "ar1(0 + visit | subject)"
            Check.equal [ "visitV1"; "visitV2"; "visitV10" ] (List.ofSeq term.Names)
            Check.equal [ Structure.Autoregressive, [| [| 0.0 |]; [| 1.0 |]; [| 2.0 |] |] ] term.Axes
            let term = random "car1(0 + week | subject)"
            Check.equal [ "factor(week)0"; "factor(week)1"; "factor(week)4" ] (List.ofSeq term.Names)
            Check.equal [ Structure.ContinuousAutoregressive, [| [| 0.0 |]; [| 1.0 |]; [| 4.0 |] |] ] term.Axes)

        testCase "a product has an effect for each cell, the first part fastest" (fun () ->
            let term = random "kron(us(0 + lon), ar1(0 + visit) | arm)"

            // Those that occur.
            Check.equal
                [
                    for lon, visit in [ 1, "V1"; 2, "V2"; 1, "V10"; 2, "V10" ] -> $"factor(lon){lon}:visit{visit}"
                ]
                (List.ofSeq term.Names)

            Check.equal (Some [ [ 0; 1; 0; 1 ]; [ 0; 1; 2; 2 ] ]) (term.Places |> Option.map (List.map List.ofSeq))

            Check.equal
                [
                    Structure.Unstructured, [| [| 0.0 |]; [| 1.0 |] |]
                    Structure.Autoregressive, [| [| 0.0 |]; [| 1.0 |]; [| 2.0 |] |]
                ]
                term.Axes)

        testCase "a random term has effects of its own for each level of its factor, zero elsewhere" (fun () ->
            let terms = (TestFrame.design "y ~ (1 | subject per arm)" frame).Random

            Check.equal
                [ [ "C: (Intercept)" ]; [ "T: (Intercept)" ] ]
                (terms |> List.map (fun term -> List.ofSeq term.Names))

            for row in 0 .. terms.Head.Codes.Length - 1 do
                Check.equal 1.0 (terms |> List.sumBy (fun term -> term.Columns[0].[row])))

        // Problems

        testCase "problems are told in words" (fun () ->
            for text, expected in problems do
                TestFrame.problems text frame |> Texts.equal expected)
    ]
