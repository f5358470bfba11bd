namespace LmmFunctional.Tests

open System
open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional.Numerics

/// <summary>Laws of the minimum degree order, and what it does on graphs whose best order is known.</summary>
[<TestFixture>]
module OrderingTests =

    let private natural (pattern: SymmetricPattern) = Array.init pattern.Count id

    [<Property(MaxTest = 100)>]
    let ``an order is a permutation`` seed =
        let pattern = SparsePatterns.random seed
        Array.sort (MinimumDegree.order pattern) = natural pattern

    [<Property(MaxTest = 100)>]
    let ``it fills little more than the natural order at worst`` seed =
        let pattern = SparsePatterns.random seed
        let ours = SparsePatterns.fill pattern (MinimumDegree.order pattern)
        let given = SparsePatterns.fill pattern (natural pattern)

        if float ours > 1.3 * float given then
            Assert.Fail $"{ours} elements, and {given} in the natural order"

    [<Property(MaxTest = 50)>]
    let ``a tree is not filled`` seed =
        let n = 2 + abs (seed % 300)
        let pattern = SparsePatterns.tree seed n
        SparsePatterns.fill pattern (MinimumDegree.order pattern) = int64 (2 * n - 1)

    // Nested dissection fills 31/4 n log₂ n on a square grid of n nodes (George 1973); the band order k³.
    [<TestCase(20)>]
    [<TestCase(40)>]
    let ``a grid is filled as by nested dissection`` k =
        let pattern = SparsePatterns.grid k
        let n = float (k * k)
        let filled = float (SparsePatterns.fill pattern (MinimumDegree.order pattern))
        Assert.That(filled, Is.LessThan(31.0 / 4.0 * n * Math.Log2 n))
        Assert.That(filled, Is.LessThan(0.8 * float (k * k * k)))

    [<Property(MaxTest = 100)>]
    let ``the analysis counts what elimination fills`` seed =
        let pattern = SparsePatterns.random seed
        let analysis = SparseAnalysis.create pattern
        let expected = SparsePatterns.fill pattern analysis.Order
        TestFrame.same expected analysis.MinimalLength

    [<Property(MaxTest = 100)>]
    let ``supernodes hold the rows that the analysis counts`` seed =
        let analysis = SparseAnalysis.create (SparsePatterns.random seed)
        let tree = Supernodes.create analysis
        TestFrame.same analysis.Supernodes.Heights (Array.init tree.Count (tree.Height >> int64))
        TestFrame.same analysis.Supernodes.Widths (Array.init tree.Count tree.Width)

        for s in 0 .. tree.Count - 1 do
            Assert.That(tree.Parents[s] = -1 || tree.Parents[s] > s)

    [<Property(MaxTest = 100)>]
    let ``updates that wait at the same time do not overlap`` seed =
        let analysis = SparseAnalysis.create (SparsePatterns.random seed)
        let plan = FrontPlan.create analysis.Supernodes
        let heights = analysis.Supernodes.Heights
        let waiting = ResizeArray<int>()

        for s in Seq.append (plan.Tasks |> Seq.collect (fun (struct (a, b)) -> seq { a..b })) plan.Above do
            let area = heights[s] * heights[s]

            for other in waiting do
                let last = plan.KeptAt[other] + heights[other] * heights[other]
                Assert.That(plan.MadeAt[s] + area <= plan.KeptAt[other] || last <= plan.MadeAt[s])

            waiting.RemoveAll(fun other -> analysis.Supernodes.Parents[other] = s) |> ignore
            waiting.Add s
            Assert.That(plan.MadeAt[s] + area, Is.LessThanOrEqualTo plan.Length)
