namespace LmmFunctional.Estimation

/// <summary>A correlation for each of the first lags and none beyond: any such matrix that is positive definite on m
/// positions, as SAS's TOEP(q).</summary>
/// <remarks>τ_k is the derivative of −log det M by ρ_k over 2(m − k), so that τ ≈ ρ near zero.</remarks>
[<RequireQualifiedAccess>]
module internal BandedToeplitz =

    /// Names of the correlations at lags 1 … count.
    let names count =
        Array.init count (fun k -> $"rho{k + 1}")

    let private weight m k = 2.0 * float (m - k)

    /// ρ at τ with its derivatives: J = H⁻¹ by the gradient of F, and −J_ai T_ijk J_jb J_kc.
    let private correlations region (tau: Jet[]) =
        let m, c = region.Order, region.Count
        let scaled = tau |> Array.mapi (fun k t -> Jet.scale (weight m (k + 1)) t)
        let rho, barrier = scaled |> Array.map _.Value |> BandedRegion.solve region

        if tau |> Array.forall (fun t -> t.Support.Length = 0) then
            rho |> Array.map Jet.number
        else
            let jacobian = Semidefinite.inverse c barrier.Hessian
            let third = BandedRegion.third region barrier
            let changes = scaled |> Array.map (fun t -> Jet.shift -t.Value t)

            // The changes of ρ to first order, as functions of τ, make the terms of second order.
            let linear =
                Array.init c (fun a ->
                    Seq.init c (fun b -> Jet.scale jacobian[a + b * c] changes[b])
                    |> Seq.reduce (+.))

            let quadratic =
                Array.init c (fun i ->
                    Seq.init (c * c) (fun at -> Jet.scale third[i, at % c, at / c] (linear[at % c] *. linear[at / c]))
                    |> Seq.reduce (+.))

            Array.init c (fun a ->
                Seq.init c (fun i -> Jet.scale (-0.5 * jacobian[a + i * c]) quadratic[i])
                |> Seq.fold (+.) (Jet.shift rho[a] linear[a]))

    /// The form with the first bands (the diagonal is the first of them) on m positions, 1 &lt; bands &lt; m.
    let create bands m =
        let count = bands - 1
        let region = { Order = m; Count = count }

        {
            Names = names count
            Kinds = Array.create count ParameterKind.Correlation
            // The end of the region is a surface, which no coordinate comes to by itself.
            Ends = names count |> Array.map ParameterEnds.none
            Start = Array.init count (fun k -> if k = 0 then 0.2 else 0.0)
            FurtherStarts = [||]
            Natural = correlations region
            Unconstrained =
                BandedRegion.barrier region
                >> Option.map (fun barrier ->
                    barrier.Gradient
                    |> Array.mapi (fun k derivative -> derivative / weight m (k + 1)))
            Element =
                fun tau ->
                    let rho = correlations region tau

                    fun i j ->
                        match abs (i - j) with
                        | 0 -> Jet.one
                        | lag when lag <= count -> rho[lag - 1]
                        | _ -> Jet.zero
            HasEqualVariances = true
        }
