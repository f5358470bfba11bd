namespace LmmFunctional.Estimation

open LmmFunctional.Numerics
open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>Any positive definite M with M(1, 1) = 1: M = LLᵀ, L lower triangular with the first row (1, 0 …).</summary>
/// <remarks>τ lists L by rows from the second on, the diagonal by its logarithm (Pinheiro and Bates 1996, the log-Cholesky
/// parametrisation). Natural parameters are standard deviations relative to the first position, then correlations by
/// columns of the lower triangle.</remarks>
[<RequireQualifiedAccess>]
module internal Unstructured =

    /// Where row i ≥ 1 of L starts in τ.
    let private start i = i * (i + 1) / 2 - 1

    /// The rows of L.
    let private rows m (tau: Jet[]) =
        Array.init m (fun i ->
            if i = 0 then
                [| Jet.one |]
            else
                Array.init (i + 1) (fun j ->
                    let entry = tau[start i + j]
                    if i = j then Jet.exp entry else entry))

    let private product (rows: Jet[][]) i j =
        let a, b = rows[i], rows[j]
        let mutable sum = a[0] *. b[0]

        for k in 1 .. min i j do
            sum <- sum +. a[k] *. b[k]

        sum

    /// Pairs of positions, by columns of the lower triangle.
    let private pairs m = [|
        for j in 0 .. m - 1 do
            for i in j + 1 .. m - 1 do
                struct (i, j)
    |]

    let private unconstrained m (natural: float[]) =
        let deviations = Array.append [| 1.0 |] (Array.sub natural 0 (m - 1))
        let matrix: float[] = Array.zeroCreate (m * m)

        for i in 0 .. m - 1 do
            matrix[i + i * m] <- deviations[i] * deviations[i]

        pairs m
        |> Array.iteri (fun k struct (i, j) ->
            let covariance = natural[m - 1 + k] * deviations[i] * deviations[j]
            matrix[i + j * m] <- covariance
            matrix[j + i * m] <- covariance)

        if deviations |> Array.forall (fun sd -> sd > 0.0) && Small.Cholesky(m, matrix, 0) then
            Some [|
                for i in 1 .. m - 1 do
                    for j in 0..i do
                        if i = j then log matrix[i + i * m] else matrix[i + j * m]
            |]
        else
            None

    /// The form on these levels.
    let create (labels: string[]) =
        let m = labels.Length

        let correlations =
            pairs m |> Array.map (fun struct (i, j) -> $"cor({labels[j]},{labels[i]})")

        {
            Names = Array.append (Heterogeneous.names labels) correlations
            Kinds =
                Array.append
                    (Array.create (m - 1) ParameterKind.StandardDeviation)
                    (Array.create correlations.Length ParameterKind.Correlation)
            // A diagonal entry of zero makes the correlations of its row with those before complete.
            Ends = [|
                for i in 1 .. m - 1 do
                    for j in 0..i do
                        let name =
                            if i = 1 then
                                $"cor({labels[0]},{labels[1]})"
                            else
                                $"correlations of {labels[i]}"

                        if i = j then
                            ParameterEnds.positive name
                        else
                            ParameterEnds.none name
            |]
            Start = Array.zeroCreate (m * (m + 1) / 2 - 1)
            FurtherStarts = [||]
            Natural =
                fun tau ->
                    let rows = rows m tau
                    let deviations = Array.init m (fun i -> Jet.sqrt (product rows i i))

                    Array.append
                        (Array.skip 1 deviations)
                        (pairs m
                         |> Array.map (fun struct (i, j) -> product rows i j /. (deviations[i] *. deviations[j])))
            Unconstrained = unconstrained m
            Element =
                fun tau ->
                    let rows = rows m tau
                    fun i j -> product rows i j
            HasEqualVariances = false
        }

    let private entry =
        StructureEntry.create "us" "unstructured" "unstructured" "m(m + 1)/2" "s_ij" "positive definite"
        |> StructureEntry.elsewhere [ "un"; "corSymm"; "unstructured"; "general" ]

    /// <c>us</c>.
    let family = StructureFamily.single entry Structure.Unstructured

    let model =
        let plain =
            StructureModel.scaled
                entry
                (fun positions -> create positions.Labels)
                (MathText.Sub(ElementMath.letter "σ", ElementMath.pair))

        {
            plain with
                HasOwnVariances = true
                SubjectsNeeded = id
                IsLinear = true
                IsLinearAtZero = true
                SasParameters = SasParameters.Elements
                SasType = SasType.Named "UN"
                NlmeEffects = Some "pdSymm"
                NlmeResiduals =
                    Some {
                        StructureModel.nlme "corSymm" with
                            TakesOrder = true
                    }
                Relations = {
                    plain.Relations with
                        HoldsIdentity = Some Inclusion.Interior
                        HoldsDiagonal = Some Inclusion.Interior
                        Holds = fun _ _ -> Some Inclusion.Interior
                }
        }
