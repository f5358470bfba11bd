namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop
// Again, so that Buffer is ours and not that of System.
open LmmFunctional.Numerics

/// <summary>The Cholesky factor of a sparse symmetric matrix by supernodes, and its inverse on the factor's pattern.</summary>
/// <remarks>Multifrontal (Duff and Reid 1983): every front gathers the updates of its children. One instance is one
/// workspace, used by one caller at a time; the same numbers in give the same bits out at any number of threads, because
/// every front is worked on by one thread and takes its children in a fixed order.</remarks>
[<Sealed>]
type internal SparseCholesky(tree: Supernodes) =
    let plan = tree.Plan
    let panels = Buffer(max 1 tree.PanelLength)
    let inverse = Buffer(max 1 tree.PanelLength)
    let updates = Buffer(max 1 (int plan.Length))

    let work =
        Seq.init tree.Count (fun s ->
            let n, r = float (tree.Width s + tree.Height s), float (tree.Height s)
            n * n * n - r * r * r)
        |> Seq.sum

    let panelOf (buffer: Buffer) s =
        NativePtr.add buffer.Pointer tree.PanelStarts[s]

    let madeAt s =
        NativePtr.add updates.Pointer (int plan.MadeAt[s])

    let keptAt s =
        NativePtr.add updates.Pointer (int plan.KeptAt[s])

    let span (pointer: nativeptr<float>) length =
        Span<float>(NativePtr.toVoidPtr pointer, length)

    /// Adds the update of a child into its parent's front, or takes the child's part of the parent's inverse.
    let exchange child parent (panel: nativeptr<float>) isForward =
        let w, r = tree.Width parent, tree.Height parent
        let n = w + r
        let height = tree.Height child
        let at = tree.RowStarts[child]
        let places = tree.InParent
        let own = keptAt child
        let below = madeAt parent
        let mutable run = height - 1

        // From here on the child's rows are neighbours in the parent too.
        while run > 0 && places[at + run - 1] + 1 = places[at + run] do
            run <- run - 1

        let run = run
        let block = 32

        Tiles.Run(
            (height + block - 1) / block,
            float height * float height,
            fun tile ->
                for j in tile * block .. min height ((tile + 1) * block) - 1 do
                    let place = places[at + j]
                    let column = NativePtr.add own (j * height)

                    let other =
                        if place < w then
                            NativePtr.add panel (place * n)
                        else
                            NativePtr.add below ((place - w) * r - w)

                    let first = max j run

                    if isForward then
                        for i in j .. first - 1 do
                            let target = NativePtr.add other places[at + i]
                            NativePtr.write target (NativePtr.read target + NativePtr.get column i)

                        VectorKernel.AddScaled(
                            height - first,
                            1.0,
                            NativePtr.add column first,
                            NativePtr.add other places[at + first]
                        )
                    else
                        for i in j .. first - 1 do
                            NativePtr.set column i (NativePtr.get other places[at + i])

                        (span (NativePtr.add other places[at + first]) (height - first))
                            .CopyTo(span (NativePtr.add column first) (height - first))
        )

    let factorFront s =
        let w, r = tree.Width s, tree.Height s
        let panel = panelOf panels s
        let update = madeAt s
        (span update (r * r)).Clear()

        for k in tree.ChildStarts[s] .. tree.ChildStarts[s + 1] - 1 do
            if tree.Height tree.Children[k] > 0 then
                exchange tree.Children[k] s panel true

        let positive = Front.Factor(w, r, panel, update)

        if plan.KeptAt[s] <> plan.MadeAt[s] then
            (span update (r * r)).CopyTo(span (keptAt s) (r * r))

        positive

    let invertFront s =
        let w, r = tree.Width s, tree.Height s
        let below = madeAt s

        if plan.KeptAt[s] <> plan.MadeAt[s] then
            (span (keptAt s) (r * r)).CopyTo(span below (r * r))

        Front.Invert(w, r, panelOf panels s, below, panelOf inverse s)

        for k in tree.ChildStarts[s] .. tree.ChildStarts[s + 1] - 1 do
            if tree.Height tree.Children[k] > 0 then
                exchange tree.Children[k] s (panelOf inverse s) false

    member _.Tree = tree

    /// The panels: the lower triangle of the matrix before <c>Factor</c>, of its factor after.
    member _.Panels = panels

    /// The inverse in the places of the factor, after <c>Invert</c>.
    member _.Inverse = inverse

    /// <summary>Replaces the matrix in the panels by its factor; false when it is not positive definite.</summary>
    member _.Factor() : bool =
        let isPositive = Array.create plan.Tasks.Length true

        Tiles.Run(
            plan.Tasks.Length,
            work,
            fun task ->
                let struct (first, last) = plan.Tasks[task]
                let mutable s = first

                while isPositive[task] && s <= last do
                    isPositive[task] <- factorFront s
                    s <- s + 1
        )

        Array.forall id isPositive && Array.forall factorFront plan.Above

    /// The inverse on the pattern of the factor; after a <c>Factor</c> that succeeded. Overwrites the updates only.
    member _.Invert() =
        for k in plan.Above.Length - 1 .. -1 .. 0 do
            invertFront plan.Above[k]

        Tiles.Run(
            plan.Tasks.Length,
            2.0 * work,
            fun task ->
                let struct (first, last) = plan.Tasks[task]

                for s in last .. -1 .. first do
                    invertFront s
        )

    /// The log determinant of the matrix.
    member _.LogDeterminant =
        let mutable sum = 0.0

        for s in 0 .. tree.Count - 1 do
            let n = tree.Width s + tree.Height s

            for j in 0 .. tree.Width s - 1 do
                sum <- sum + log panels[tree.PanelStarts[s] + j * (n + 1)]

        2.0 * sum
