namespace LmmFunctional

open System.Collections.Immutable

/// <summary>Variances of zero: recognised, certified, and left again when the likelihood wants them positive.</summary>
[<RequireQualifiedAccess>]
module internal VarianceBoundary =

    /// <summary>What is at its bound at a stationary θ, and the way out if it should not be.</summary>
    /// <remarks>The Kuhn-Tucker conditions on the cone G ⪰ 0: D = ∂f/∂G is positive semidefinite on the null space of G.
    /// <c>derivatives</c> gives D and its trace part per term; the trace part is the natural size of D.</remarks>
    let inspect (design: Design) (layout: ThetaLayout) derivatives (theta: ImmutableArray<float>) : Boundary =
        let terms = Array.ofList design.Random
        let shapes = layout.Shapes

        let snap t (lambda: float[]) =
            let n = shapes[t].Order
            let largest = lambda |> Array.fold (fun m v -> max m (abs v)) 0.0

            let isZero i =
                abs lambda[i + i * n] <= 1e-5 * max 1e-3 largest

            if Seq.exists isZero (seq { 0 .. n - 1 }) then
                let cleaned =
                    Array.mapi (fun k v -> if k / n = k % n && isZero (k / n) then 0.0 else v) lambda
                // A zero pivot above non-zero entries only rotates the columns to its right: take the triangular form.
                Semidefinite.factor n (Semidefinite.square n cleaned)
            else
                lambda

        let lambdas = ThetaLayout.matrices layout theta |> Array.mapi snap
        let snapped = ThetaLayout.ofMatrices layout lambdas

        let isNull t i =
            let n = shapes[t].Order in lambdas[t][i + i * n] = 0.0

        let parts: (float[] * float[])[] Lazy = lazy (derivatives snapped)

        let active = [
            for t in 0 .. terms.Length - 1 do
                let n = shapes[t].Order

                let zeros = [
                    for i in 0 .. n - 1 do
                        if isNull t i then
                            i
                ]

                if not zeros.IsEmpty then
                    let d, scale = parts.Value[t]
                    let tolerance = 1e-6 * (Seq.init n (fun i -> abs scale[i + i * n]) |> Seq.max)

                    // The derivative by the variance of each direction in the null space of G.
                    match terms[t].Term.Structure with
                    | Structure.Diagonal ->
                        for i in zeros do
                            t,
                            $"{terms[t].Group} {terms[t].Names[i]}",
                            d[i + i * n],
                            Array.init n (fun j -> if i = j then 1.0 else 0.0),
                            tolerance
                    | Structure.Unstructured ->
                        let struct (values, vectors) = Semidefinite.eigen n d
                        let named = String.concat ", " [ for i in zeros -> terms[t].Names[i] ]
                        let rank = n - zeros.Length

                        let name =
                            if rank = 0 then
                                $"{terms[t].Group} {named}"
                            else
                                $"{terms[t].Group} (rank {rank} of {n})"

                        t, name, values[0], Array.sub vectors 0 n, tolerance
        ]

        let escape =
            active
            |> List.tryPick (fun (t, _, multiplier, direction, tolerance) ->
                if multiplier < -tolerance then
                    let n = shapes[t].Order
                    let g = Semidefinite.square n lambdas[t]

                    let raised =
                        Array.mapi (fun k v -> v + 1e-2 * direction[k % n] * direction[k / n]) g

                    let moved =
                        Array.mapi (fun s lambda -> if s = t then Semidefinite.factor n raised else lambda) lambdas

                    Some(ThetaLayout.ofMatrices layout moved)
                else
                    None)

        {
            Snapped = snapped
            Active = active |> List.map (fun (_, name, multiplier, _, _) -> name, multiplier)
            Fixed =
                layout.Entries
                |> Seq.map (fun (entry: Entry) -> isNull entry.Term entry.Column)
                |> ImmutableArray.CreateRange
            Escape = escape
        }
