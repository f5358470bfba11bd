/// <summary>Laws of the minimum degree order, and what it does on graphs whose best order is known.</summary>
module LmmFunctional.Tests.OrderingTests

open System
open Expecto
open LmmFunctional.Numerics

let private natural (pattern: SymmetricPattern) = Array.init pattern.Count id

[<Tests>]
let tests =
    testList "OrderingTests" [
        testPropertyWithConfig (Law.tries 100) "an order is a permutation" (fun seed ->
            let pattern = SparsePatterns.random seed
            Array.sort (MinimumDegree.order pattern) = natural pattern)

        testPropertyWithConfig (Law.tries 100) "it fills little more than the natural order at worst" (fun seed ->
            let pattern = SparsePatterns.random seed
            let ours = SparsePatterns.fill pattern (MinimumDegree.order pattern)
            let given = SparsePatterns.fill pattern (natural pattern)

            if float ours > 1.3 * float given then
                failtest $"{ours} elements, and {given} in the natural order")

        testPropertyWithConfig (Law.tries 50) "a tree is not filled" (fun seed ->
            let n = 2 + abs (seed % 300)
            let pattern = SparsePatterns.tree seed n
            SparsePatterns.fill pattern (MinimumDegree.order pattern) = int64 (2 * n - 1))

        // Nested dissection fills 31/4 n log₂ n on a square grid of n nodes (George 1973); the band order k³.
        testCases "a grid is filled as by nested dissection" [ 20; 40 ] (fun (k) ->
            let pattern = SparsePatterns.grid k
            let n = float (k * k)
            let filled = float (SparsePatterns.fill pattern (MinimumDegree.order pattern))
            Expect.isLessThan filled (31.0 / 4.0 * n * Math.Log2 n) "filled"
            Expect.isLessThan filled (0.8 * float (k * k * k)) "filled")

        testPropertyWithConfig (Law.tries 100) "the analysis counts what elimination fills" (fun seed ->
            let pattern = SparsePatterns.random seed
            let analysis = SparseAnalysis.create pattern
            let expected = SparsePatterns.fill pattern analysis.Order
            Check.equal expected analysis.MinimalLength)

        testPropertyWithConfig (Law.tries 100) "supernodes hold the rows that the analysis counts" (fun seed ->
            let analysis = SparseAnalysis.create (SparsePatterns.random seed)
            let tree = Supernodes.create analysis
            Check.equal analysis.Supernodes.Heights (Array.init tree.Count (tree.Height >> int64))
            Check.equal analysis.Supernodes.Widths (Array.init tree.Count tree.Width)

            for s in 0 .. tree.Count - 1 do
                Check.isTrue (tree.Parents[s] = -1 || tree.Parents[s] > s))

        testPropertyWithConfig (Law.tries 100) "updates that wait at the same time do not overlap" (fun seed ->
            let analysis = SparseAnalysis.create (SparsePatterns.random seed)
            let plan = FrontPlan.create analysis.Supernodes
            let heights = analysis.Supernodes.Heights
            let waiting = ResizeArray<int>()

            for s in Seq.append (plan.Tasks |> Seq.collect (fun (struct (a, b)) -> seq { a..b })) plan.Above do
                let area = heights[s] * heights[s]

                for other in waiting do
                    let last = plan.KeptAt[other] + heights[other] * heights[other]
                    Check.isTrue (plan.MadeAt[s] + area <= plan.KeptAt[other] || last <= plan.MadeAt[s])

                waiting.RemoveAll(fun other -> analysis.Supernodes.Parents[other] = s) |> ignore
                waiting.Add s
                Expect.isLessThanOrEqual (plan.MadeAt[s] + area) plan.Length "plan.MadeAt[s] + area")
    ]
