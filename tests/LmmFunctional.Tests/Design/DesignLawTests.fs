/// <summary>Laws of designs on random factorial data, with empty cells and missing values.</summary>
module LmmFunctional.Tests.DesignLawTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

let private rows = 60

let private formulas = [
    "y ~ a * b + x"
    "y ~ a * b * c + x:a"
    "y ~ 0 + a:b + c"
    "y ~ a + a:b + b:c:x"
    "y ~ C(a, sum) * C(b, poly) + poly(x, 2)"
    "y ~ 0 + x + x:a + C(c, helmert)"
    "y ~ ns(x, 3):a + b %in% c"
    "y ~ (a + b + c)^2 + scale(x)"
]

// Random factors, often with empty cells; about one value in twenty is missing.
let private data seed =
    let random = Random(seed: int)

    let pick count prefix =
        Array.init rows (fun _ -> $"{prefix}{random.Next(count: int)}")

    let miss missing values =
        values |> Array.map (fun value -> if random.Next 20 = 0 then missing else value)

    let number () =
        Array.init rows (fun _ -> Math.Round(random.NextDouble() * 100.0) / 10.0)

    [
        "y", number () |> miss nan, [||]
        "a", [||], pick 3 "a" |> miss ""
        "b", [||], pick 4 "b" |> miss ""
        "c", [||], pick 2 "c"
        "x", number () |> miss nan, [||]
    ]

let private toFrame (order: int[]) columns =
    TestFrame.ofColumns [
        for name, numbers: float[], texts: string[] in columns ->
            name,
            (if texts.Length = 0 then
                 order |> Seq.map (fun row -> numbers[row]) |> TestFrame.numbers
             else
                 order |> Seq.map (fun row -> texts[row]) |> TestFrame.texts)
    ]

let private frame seed =
    data seed |> toFrame [| 0 .. rows - 1 |]

let private formula (choice: byte) = formulas[int choice % formulas.Length]

let private allColumns (frame: Frame) (design: Design) =
    ModelMatrix.columns (Selection(frame, design.Rows)) design.Schema.Fixed

[<Tests>]
let tests =
    testList "DesignLawTests" [
        testProperty "every column has a name and a term" (fun (seed: int) (choice: byte) ->
            let frame = frame seed
            let design = TestFrame.design (formula choice) frame
            let x = design.Fixed
            let count = (allColumns frame design).Length

            count = x.AllNames.Length
            && count = x.TermOf.Length
            && count = x.Names.Length + x.Dropped.Length
            && x.Matrix.Columns = x.Names.Length
            && x.Matrix.Rows = design.Rows.Length)

        testProperty
            "the null space is mapped to zero, and dropped columns have coefficient one"
            (fun (seed: int) (choice: byte) ->
                let frame = frame seed
                let design = TestFrame.design (formula choice) frame
                let columns = allColumns frame design
                let x = design.Fixed

                Seq.allPairs [ 0 .. design.Rows.Length - 1 ] [ 0 .. x.Dropped.Length - 1 ]
                |> Seq.forall (fun (i, d) ->
                    let value =
                        columns
                        |> Array.mapi (fun j column -> column[i] * x.NullSpace[j, d])
                        |> Array.sum

                    abs value < 1e-8)
                && Seq.forall2
                    (fun d name -> x.NullSpace[x.AllNames.IndexOf name, d] = 1.0)
                    (Seq.init x.Dropped.Length id)
                    x.Dropped)

        testProperty "kept columns are independent" (fun (seed: int) (choice: byte) ->
            let x = (TestFrame.design (formula choice) (frame seed)).Fixed.Matrix
            (Rank.find x.Rows x.Columns x.Values).Dropped.Length = 0)

        testProperty "the order in which columns enter does not change the rank" (fun (seed: int) (choice: byte) ->
            let frame = frame seed
            let design = TestFrame.design (formula choice) frame
            let columns = allColumns frame design |> Array.rev
            let rank = Rank.find design.Rows.Length columns.Length (Array.concat columns)
            rank.Kept.Length = design.Fixed.Names.Length)

        testProperty "X times the coefficients of the constant is exactly one" (fun (seed: int) (choice: byte) ->
            let x = (TestFrame.design (formula choice) (frame seed)).Fixed

            match x.Constant with
            | None -> not ((formula choice).StartsWith "y ~ a")
            | Some a ->
                Seq.init x.Matrix.Rows (fun i -> Seq.init a.Length (fun j -> a[j] * x.Matrix[i, j]) |> Seq.sum)
                |> Seq.forall ((=) 1.0))

        testProperty
            "a permutation of the rows permutes X, the response and the codes"
            (fun (seed: int) (choice: byte) ->
                let columns = data seed
                let random = Random(seed: int)
                let order = Array.init rows id
                random.Shuffle order
                let text = formula choice + " + (1 | a:b) + (x | c)"

                let plain =
                    Design.build (TestFrame.formula text) (toFrame [| 0 .. rows - 1 |] columns)

                let permuted = Design.build (TestFrame.formula text) (toFrame order columns)

                match plain, permuted with
                | Ok plain, Ok permuted ->
                    let position = plain.Rows |> Seq.mapi (fun i row -> row, i) |> Map.ofSeq
                    let source = permuted.Rows |> Array.map (fun row -> position[order[row]])
                    let x, moved = plain.Fixed.Matrix, permuted.Fixed.Matrix

                    plain.Fixed.Names.AsSpan().SequenceEqual(permuted.Fixed.Names.AsSpan())
                    && source
                       |> Array.indexed
                       |> Array.forall (fun (i, from) -> permuted.Response[i] = plain.Response[from])
                    && Seq.allPairs (Seq.indexed source) [ 0 .. x.Columns - 1 ]
                       |> Seq.forall (fun ((i, from), j) -> abs (moved[i, j] - x[from, j]) < 1e-9)
                    && List.forall2
                        (fun (a: RandomDesign) (b: RandomDesign) ->
                            a.Levels.AsSpan().SequenceEqual(b.Levels.AsSpan())
                            && source
                               |> Array.indexed
                               |> Array.forall (fun (i, from) -> b.Codes[i] = a.Codes[from]))
                        plain.Random
                        permuted.Random
                | Error a, Error b -> Set.ofList a = Set.ofList b
                | _ -> false)

        testProperty "numbers as factors are coded in numeric order" (fun (values: int[]) ->
            let x = values |> Array.map (fun value -> float value / 2.0)
            let found, codes = Categories.ofNumbers x

            found = (x |> Array.distinct |> Array.sort)
            && Array.forall2 (fun value code -> found[code] = value) x codes)

        testProperty "far integers and many combinations take the slow path to the same codes" (fun (values: int[]) ->
            let wide = values |> Array.map (fun value -> float value * 1e6)
            let narrow = values |> Array.map float
            snd (Categories.ofNumbers wide) = snd (Categories.ofNumbers narrow))

        testProperty
            "combinations of codes are the sorted pairs that occur, by a table or without one"
            (fun (pairs: (byte * byte)[]) ->
                // With the second coding stretched, there are too many combinations for a table.
                [ 1; 40_000 ]
                |> List.forall (fun stretch ->
                    let a, b =
                        pairs |> Array.map (fst >> int), pairs |> Array.map (fun (_, y) -> int y * stretch)

                    let found, codes = GroupingFactor.cross 256 a (256 * stretch) b
                    let expected = Array.zip a b |> Array.distinct |> Array.sort

                    (found |> Array.map (fun struct (x, y) -> x, y)) = expected
                    && Array.zip a b = (codes |> Array.map (fun code -> expected[code]))))

        testProperty "codes of the fit are found again in the same data" (fun (values: int[]) ->
            let column (divisor: float) =
                values |> Array.map (fun value -> float value / divisor)

            [ 1.0; 3.0 ]
            |> List.forall (fun divisor ->
                values.Length = 0
                || (let frame = TestFrame.ofColumns [ "x", TestFrame.numbers (column divisor) ]
                    let selection = Selection(frame, [| 0 .. values.Length - 1 |])
                    let categories, codes = Categories.ofNumeric (NumericExpr.Column "x") selection
                    Categories.codes categories selection = codes)))
    ]
