namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>q common factors, with or without variances of the positions' own: ΓΓᵀ + D, Γ m×q lower trapezoidal.</summary>
/// <remarks>As SAS's FA(q) and FA0(q). The roots of D are signed, so that zero (a Heywood case) is an ordinary point of τ;
/// so is a loading of zero.</remarks>
[<RequireQualifiedAccess>]
module internal FactorAnalytic =

    /// The free entries of Γ, by rows.
    let entries m q = [|
        for i in 0 .. m - 1 do
            for k in 0 .. min i (q - 1) do
                struct (i, k)
    |]

    /// Names of the loadings.
    let loadingNames (labels: string[]) q =
        entries labels.Length q
        |> Array.map (fun struct (i, k) -> $"loading{k + 1}({labels[i]})")

    /// Γ m×q by columns, from its free entries by rows.
    let loadings m q (free: Jet[]) =
        let gamma: Jet[] = Array.create (m * q) Jet.zero

        entries m q
        |> Array.iteri (fun at struct (i, k) -> gamma[i + k * m] <- free[at])

        gamma

    /// (ΓΓᵀ)(i, j).
    let product m q (gamma: Jet[]) i j =
        let mutable sum = gamma[i] *. gamma[j]

        for k in 1 .. min (min i j) (q - 1) do
            sum <- sum +. gamma[i + k * m] *. gamma[j + k * m]

        sum

    /// The reduced rank form relative to its first variance: Γ(1, 1) = 1.
    let reducedRank (labels: string[]) q =
        let m = labels.Length
        let names = loadingNames labels q |> Array.skip 1

        {
            Names = names
            Kinds = Array.create names.Length ParameterKind.Loading
            Ends = names |> Array.map ParameterEnds.none
            // Full rank to start with where q = m, and no loading at the saddle point zero.
            Start =
                entries m q
                |> Array.skip 1
                |> Array.map (fun struct (i, k) -> if i = k then 0.9 else 0.3)
            FurtherStarts = [||]
            Natural = id
            Unconstrained = Some
            Element =
                fun tau ->
                    let gamma = loadings m q (Array.append [| Jet.one |] tau)
                    product m q gamma
            HasEqualVariances = false
        }

    // More positions than these are not tried one by one.
    let private mostAlone = 8

    /// τ where one position is nearly all of the first factor: optima without a specific variance differ in whose it is.
    let private alone (entries: struct (int * int)[]) m position =
        Array.append
            (entries
             |> Array.map (fun struct (i, k) ->
                 if k > 0 then (if i = k then 0.3 else 0.2)
                 // Of the first position it is an angle.
                 elif i = position then (if i = 0 then 1.3 else 1.0)
                 else 0.3))
            (Array.init (m - 1) (fun i -> if i + 1 = position then 0.2 else 0.8))

    /// The form with own variances, relative to its first variance: Γ(1, 1) = sin τ₁ and D(1, 1) = cos² τ₁.
    let create (labels: string[]) q =
        let m = labels.Length
        let count = (entries m q).Length

        let names =
            Array.append (loadingNames labels q) (Array.skip 1 labels |> Array.map (fun label -> $"specific({label})"))

        /// Γ by its free entries, and the roots of D, both from τ: τ₁, the other loadings, the roots of D(2, 2) …
        let parts (tau: Jet[]) =
            let free = Array.append [| Jet.sin tau[0] |] (Array.sub tau 1 (count - 1))
            let roots = Array.append [| Jet.cos tau[0] |] (Array.skip count tau)
            free, roots

        {
            Names = names
            Kinds =
                Array.append (Array.create count ParameterKind.Loading) (Array.create (m - 1) ParameterKind.Variance)
            Ends =
                names
                |> Array.mapi (fun k name ->
                    // The first loading is at its end where nothing is left to the first position.
                    if k = 0 then ParameterEnds.sine $"specific({labels[0]})"
                    elif k < count then ParameterEnds.none name
                    else ParameterEnds.signed name)
            Start =
                Array.append
                    (entries m q
                     |> Array.map (fun struct (i, k) ->
                         if i = 0 then 0.6
                         elif i = k then 0.5
                         else 0.4))
                    (Array.create (m - 1) 0.8)
            FurtherStarts = Array.init (min m mostAlone) (alone (entries m q) m)
            Natural =
                fun tau ->
                    let free, roots = parts tau
                    Array.append free (Array.skip 1 roots |> Array.map Jet.square)
            Unconstrained =
                fun natural ->
                    let specific = Array.skip count natural

                    if abs natural[0] <= 1.0 && specific |> Array.forall (fun d -> d >= 0.0) then
                        Some(
                            Array.concat [
                                [| asin natural[0] |]
                                Array.sub natural 1 (count - 1)
                                specific |> Array.map sqrt
                            ]
                        )
                    else
                        None
            Element =
                fun tau ->
                    let free, roots = parts tau
                    let gamma = loadings m q free

                    fun i j ->
                        let common = product m q gamma i j
                        if i = j then common +. Jet.square roots[i] else common
            HasEqualVariances = false
        }

    // The structures

    let private entry =
        StructureEntry.create
            "fa"
            "factorAnalytic q"
            "factor-analytic"
            "mq - q(q - 1)/2 + m"
            "(G G')_ij + d_i for i = j, G m by q"
            "d_i >= 0"
        |> StructureEntry.withArguments [ "q" ] "factorAnalytic q" "factor-analytic"
        |> StructureEntry.elsewhere [ "rr" ]

    let private reducedEntry =
        StructureEntry.create "fa0" "reducedRank q" "reduced rank" "mq - q(q - 1)/2" "(G G')_ij, G m by q" "any G"
        |> StructureEntry.withArguments [ "q" ] "reducedRank q" "reduced rank"

    /// <c>fa(q)</c>.
    let family = StructureFamily.counted entry Structure.FactorAnalytic

    /// <c>fa0(q)</c>.
    let reducedFamily = StructureFamily.counted reducedEntry Structure.ReducedRank

    /// Factors and own variances.
    let model q =
        let plain =
            StructureModel.scaled
                entry
                (fun positions -> create positions.Labels (min q positions.Labels.Length))
                (MathText.Row [
                    ElementMath.common
                    ElementMath.operator "+"
                    ElementMath.onDiagonal ElementMath.ownVariance
                ])

        {
            plain with
                Arguments = [ float q ]
                HasOwnVariances = true
                SubjectsNeeded = fun m -> min m (q + 1)
                SasParameters = SasParameters.Loadings true
                SasType = SasType.Named $"FA({q})"
                Relations = {
                    plain.Relations with
                        HoldsIdentity = Some Inclusion.Irregular
                        HoldsDiagonal = Some Inclusion.Irregular
                        LiesIn =
                            fun _ larger ->
                                match larger with
                                | Structure.FactorAnalytic more when q < more -> Some Inclusion.Irregular
                                | _ -> None
                        CanBeOne = false
                }
        }

    /// Factors alone.
    let reducedModel q =
        let plain =
            StructureModel.scaled
                reducedEntry
                (fun positions -> reducedRank positions.Labels (min q positions.Labels.Length))
                ElementMath.common

        {
            plain with
                Arguments = [ float q ]
                SubjectsNeeded = fun m -> min m (q + 1)
                SasParameters = SasParameters.Loadings false
                SasType = SasType.Named $"FA0({q})"
                Relations = {
                    plain.Relations with
                        Same =
                            fun places ->
                                if q >= places.Count then
                                    Some Structure.Unstructured
                                else
                                    None
                        LiesIn =
                            fun _ larger ->
                                match larger with
                                | Structure.Unstructured -> Some(Inclusion.Boundary 1)
                                | Structure.ReducedRank more
                                | Structure.FactorAnalytic more when q <= more -> Some(Inclusion.Boundary 1)
                                | _ -> None
                }
        }
