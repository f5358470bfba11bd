namespace LmmFunctional.Tests

open System
open FsCheck
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional.Numerics
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A random model of one grouping factor, small enough for the slow engine.</summary>
type GroupedModel = {
    Seed: int
    /// The structure and the number of effects of each term.
    Sizes: (Structure * int) list
    Levels: int
    /// Balanced designs repeat the columns of their first group in every group.
    IsBalanced: bool
    IsWeighted: bool
    /// Every so many diagonal elements of λ are zero; 1 for λ = 0, 0 for none.
    Singular: int
}

/// <summary>Random models of one grouping factor.</summary>
[<RequireQualifiedAccess>]
module internal Grouped =

    let private normal (random: Random) =
        random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5

    /// The level of every row, and how often it has occurred before.
    let private rows (random: Random) (grouped: GroupedModel) =
        let most = 3 + random.Next 4

        let codes =
            Array.init grouped.Levels (fun level ->
                let count =
                    if grouped.IsBalanced then
                        most
                    else
                        1 + random.Next(2 * most)

                Array.create count level)
            |> Array.concat

        // Rows of balanced data come in the order of measurements, of others in any order.
        if not grouped.IsBalanced then
            random.Shuffle(codes.AsSpan())

        let seen = Array.zeroCreate grouped.Levels

        let position =
            codes
            |> Array.map (fun code ->
                seen[code] <- seen[code] + 1
                seen[code] - 1)

        codes, position

    /// The model on the inner scale, and λ of every term.
    let build (grouped: GroupedModel) : Standardised * float[][] =
        let random = Random grouped.Seed
        let codes, position = rows random grouped
        let rows = codes.Length

        let column () =
            let common = Array.init 64 (fun _ -> normal random)

            Array.init rows (fun row ->
                if grouped.IsBalanced then
                    common[position[row]]
                else
                    normal random)

        let one = Array.create rows 1.0
        let x = column ()

        let terms = [
            for index, (structure, size) in List.indexed grouped.Sizes ->
                {
                    Group = "g"
                    Levels = grouped.Levels
                    Codes = codes
                    Relationship = None
                    Columns = Array.init size (fun k -> if index = 0 && k = 0 then one else column ())
                    Factor = RelativeFactor.create structure size
                    Form = None
                    Transform = Array.zeroCreate (size * size)
                }
        ]

        let weightOf row =
            if grouped.IsBalanced then
                1.0 + 0.25 * float position[row]
            else
                0.5 + random.NextDouble()

        let lambdaOf (term: StandardisedTerm) =
            let n = term.Factor.Order
            let lambda = Array.zeroCreate (n * n)

            for k in 0 .. term.Factor.EntryRows.Length - 1 do
                let row, column = term.Factor.EntryRows[k], term.Factor.EntryColumns[k]
                let isZero = grouped.Singular > 0 && row = column && row % grouped.Singular = 0
                let isNothing = grouped.Singular = 1 || isZero
                lambda[row + column * n] <- if isNothing then 0.0 else normal random

            lambda

        let response =
            Array.init rows (fun row -> normal random + 0.3 * float (codes[row] % 7) - 0.5 * x[row])

        let weights =
            if grouped.IsWeighted then
                Some(Array.init rows weightOf)
            else
                None

        let model = Standardised.ofColumns response [| one; x |] terms weights

        model, terms |> List.map lambdaOf |> Array.ofList

/// <summary>Generators of random models of one grouping factor.</summary>
type GroupedModels =

    static member GroupedModel() : Arbitrary<GroupedModel> =
        let term =
            Gen.oneof [
                Gen.choose (1, 3) |> Gen.map (fun size -> Structure.Unstructured, size)
                Gen.choose (1, 2) |> Gen.map (fun size -> Structure.Diagonal, size)
            ]

        let oneTerm =
            Gen.choose (1, 4) |> Gen.map (fun size -> [ Structure.Unstructured, size ])

        let twoTerms = Gen.listOfLength 2 term

        gen {
            let! seed = Gen.choose (1, 1000000)
            let! sizes = Gen.oneof [ oneTerm; twoTerms ]
            let! levels = Gen.choose (6, 40)
            let! isBalanced = Gen.elements [ true; false ]
            let! isWeighted = Gen.elements [ true; false ]
            let! singular = Gen.frequency [ 4, Gen.constant 0; 3, Gen.choose (1, 3) ]

            return {
                Seed = seed
                Sizes = sizes
                Levels = levels
                IsBalanced = isBalanced
                IsWeighted = isWeighted
                Singular = singular
            }
        }
        |> Arb.fromGen

/// The compressed engine answers as the block engine does, whatever the model.
module CompressedEngineTests =

    let private config = {
        Law.config with
            arbitrary = [ typeof<GroupedModels> ]
            maxTest = 60
    }

    // Relative to the largest number of its kind: sums over groups in another order, and another factorisation.
    let private tolerance = 1e-11

    /// Everything an engine says, by name.
    let private answers (model: Standardised) lambdas reml (engine: Engine) = [
        let entries = (ThetaLayout.create model).Entries
        let p = engine.P
        let isFactored = engine.Factor lambdas
        Check.isTrue isFactored
        engine.Solve()
        "log determinant", [| engine.LogDeterminant |]
        "fixed log determinant", [| engine.LogDeterminantFixed |]
        "residual", [| engine.ResidualSquare |]

        "fixed factor",
        [|
            for c in 0 .. p - 1 do
                for d in 0..c -> engine.FixedFactor[c + d * p]
        |]

        for t, part in Array.indexed (engine.Derivatives reml) do
            $"trace {t}", part.Trace
            $"square {t}", part.Square

        "average", engine.Average(entries).Values
        "traces", engine.Trace(entries, reml).Values

        for t, term in List.indexed model.Terms do
            let n = term.Factor.Order

            $"scores {t}",
            [|
                for level in 0 .. term.Levels - 1 do
                    for i in 0 .. n - 1 -> engine.Score(t, level, i)
            |]

            $"conditional covariances {t}",
            [|
                for level in 0 .. term.Levels - 1 do
                    yield! engine.ConditionalCovariance(t, level)
            |]

            $"squares {t}",
            [|
                for level in 0 .. term.Levels - 1 do
                    for i in 0 .. n - 1 -> engine.EffectSquare(t, level, i)
            |]

            $"products {t}",
            [|
                for level in 0 .. term.Levels - 1 do
                    for i in 0 .. n - 1 do
                        for c in 0 .. p - 1 -> engine.EffectFixed(t, level, i, c)
            |]
    ]

    let private areNear expected actual =
        for (name: string, a: float[]), (_, b: float[]) in List.zip expected actual do
            let size = Array.fold (fun m v -> max m (abs v)) 1e-3 a

            for k in 0 .. a.Length - 1 do
                Law.assertHolds (Law.near ($"{name}, element {k}") (tolerance * size) (a[k]) (b[k]))

    /// The textbook formulas with V, n×n, which is as positive definite as can be.
    let private dense (model: Standardised) (lambdas: float[][]) reml = [
        let weights = defaultArg model.RootWeights (Array.create model.Rows 1.0)
        let scaled (column: float[]) = Array.map2 (*) weights column

        let z =
            model.Terms
            |> List.map (fun term ->
                let n = term.Factor.Order

                Matrix<float>
                    .Build.Dense(
                        model.Rows,
                        term.Levels * n,
                        fun row k ->
                            if term.Codes[row] = k / n then
                                weights[row] * term.Columns[k % n][row]
                            else
                                0.0
                    ))

        let covariance =
            (Matrix<float>.Build.DenseIdentity model.Rows, List.indexed model.Terms)
            ||> List.fold (fun sum (t, term) ->
                let n = term.Factor.Order
                let factor = Matrix<float>.Build.Dense(n, n, fun i j -> lambdas[t][i + j * n])
                let size = term.Levels * n

                let all =
                    Matrix<float>
                        .Build.Dense(size, size, fun i j -> if i / n = j / n then factor[i % n, j % n] else 0.0)

                let half: Matrix<float> = z[t] * all
                sum + half * half.Transpose())

        let cholesky = covariance.Cholesky()
        let columns = Array.append model.Fixed [| model.Response |] |> Array.map scaled
        let response = Matrix<float>.Build.DenseOfColumnArrays columns
        let inverse = cholesky.Solve response
        let factor = (response.Transpose() * inverse).Cholesky().Factor
        let p = response.ColumnCount
        // [E | v].
        let scores = inverse * factor.Transpose().Inverse()
        "log determinant", [| cholesky.DeterminantLn |]

        "fixed factor",
        [|
            for c in 0 .. p - 1 do
                for d in 0..c -> factor[c, d]
        |]

        for t, term in List.indexed model.Terms do
            let n = term.Factor.Order
            let omega = z[t].Transpose() * cholesky.Solve z[t]
            let products = z[t].Transpose() * scores

            let sumOver (part: int -> int -> float) =
                Array.init (n * n) (fun k ->
                    Seq.init term.Levels (fun level -> part (level * n + k % n) (level * n + k / n))
                    |> Seq.sum)

            let fixedPart i j =
                Seq.init (p - 1) (fun x -> products[i, x] * products[j, x]) |> Seq.sum

            $"trace {t}", sumOver (fun i j -> omega[i, j] - (if reml then fixedPart i j else 0.0))
            $"square {t}", sumOver (fun i j -> products[i, p - 1] * products[j, p - 1])
    ]

    let private compressed collapse model : Engine =
        CompressedEngine(CompressedModel.create model collapse)

    let private balanced levels = {
        Seed = 1
        Sizes = [ Structure.Unstructured, 2 ]
        Levels = levels
        IsBalanced = true
        IsWeighted = false
        Singular = 0
    }

    [<Tests>]
    let tests =
        testList "CompressedEngineTests" [
            testPropertyWithConfig
                config
                "First derivatives are those of the textbook"
                (fun (grouped: GroupedModel, reml: bool) ->
                    let model, lambdas = Grouped.build grouped
                    let expected = dense model lambdas reml
                    let names = List.map fst expected
                    let actual = answers model lambdas reml (compressed true model)
                    areNear expected (actual |> List.filter (fun (name, _) -> List.contains name names)))

            testPropertyWithConfig
                config
                "All answers are those of the block engine"
                (fun (grouped: GroupedModel, reml: bool) ->
                    let model, lambdas = Grouped.build grouped
                    let expected = answers model lambdas reml (BlockEngine(CrossProducts.create model))
                    areNear expected (answers model lambdas reml (compressed true model)))

            testPropertyWithConfig
                config
                "Collapsed groups answer as the groups one by one"
                (fun (grouped: GroupedModel, reml: bool) ->
                    let model, lambdas = Grouped.build grouped

                    areNear
                        (answers model lambdas reml (compressed false model))
                        (answers model lambdas reml (compressed true model)))

            testPropertyWithConfig
                config
                "Answers at one point do not depend on the points before"
                (fun (grouped: GroupedModel, reml: bool) ->
                    let model, lambdas = Grouped.build grouped
                    let engine = compressed true model
                    let before = answers model lambdas reml engine

                    answers model (lambdas |> Array.map (Array.map ((+) 0.25))) (not reml) engine
                    |> ignore

                    Check.isTrue (answers model lambdas reml engine = before))

            testCase "Balanced groups are collapsed and others are not" (fun () ->
                let groups isBalanced =
                    let model, _ =
                        Grouped.build {
                            balanced 200 with
                                IsBalanced = isBalanced
                        }

                    (CompressedModel.create model true).Groups.Count

                Check.equal 1 (groups true)
                Check.equal 200 (groups false))

            testCase "A lambda beyond all squares is refused" (fun () ->
                let model, lambdas = Grouped.build (balanced 20)
                let engine = compressed true model
                Check.isFalse (engine.Factor(lambdas |> Array.map (Array.map (fun v -> 1e200 * v)))))

            testCase "One thread and two give the same bits" (fun () ->
                let bits threads =
                    let before = Tiles.Threads
                    Tiles.Threads <- threads

                    try
                        [
                            for isBalanced in [ true; false ] do
                                let model, lambdas =
                                    Grouped.build {
                                        balanced 12000 with
                                            Sizes = [ Structure.Unstructured, 3 ]
                                            IsBalanced = isBalanced
                                    }

                                for _, values in answers model lambdas true (compressed (not isBalanced) model) do
                                    yield! values
                        ]
                    finally
                        Tiles.Threads <- before

                Check.isTrue (bits 1 = bits 2))
        ]
