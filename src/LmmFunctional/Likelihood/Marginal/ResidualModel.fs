namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>The residual covariance of a model as a function of τ, unconstrained; σ² multiplies it.</summary>
/// <remarks>τ lists, for each level of a factor with parameters of its own, the logarithm of the standard deviation relative
/// to the first level (not for the first), the parameters of the correlations, the nugget and the variance functions.</remarks>
[<NoComparison; NoEquality>]
type internal ResidualModel = {
    Parameters: ParameterBlock
    /// Other τ to start from; the best of all is the one to take.
    FurtherStarts: float[][]
    /// The covariance of rows i and j of a block at τ; apply it to τ once for each evaluation.
    Element: Jet[] -> ResidualRows -> int -> int -> Jet
}

[<RequireQualifiedAccess>]
module internal ResidualModel =

    /// Independent residuals of equal variance: no parameters.
    let independent = {
        Parameters = ParameterBlock.concat []
        FurtherStarts = [||]
        Element =
            fun _ rows i j ->
                if i = j then
                    Jet.number (rows.RootVariances[i] * rows.RootVariances[i])
                else
                    Jet.zero
    }

    // The covariances of so many positions are computed once for all subjects; more would hardly be shared.
    let private fewPositions = 64

    /// The covariance of two positions at τ.
    let private remembered positions (form: CovarianceForm) tau =
        let element = form.Element tau

        if positions > fewPositions then
            element
        else
            let known = [|
                for i in 0 .. positions - 1 do
                    for j in 0..i -> element i j
            |]

            fun i j ->
                let high, low = max i j, min i j
                known[high * (high + 1) / 2 + low]

    /// The form of each axis.
    let formsOf (design: ResidualDesign) =
        design.Factors
        |> List.map (fun axis ->
            axis,
            StructureForm.create axis.Structure {
                Labels = axis.Labels
                Coordinates = axis.Values
            })

    /// The form of the correlations: their Kronecker product, the first one's position varying fastest; no nugget.
    let private processOf (design: ResidualDesign) =
        let axes = formsOf design |> List.map (fun (axis, form) -> axis.Labels.Length, form)

        match axes with
        | [] -> Uncorrelated.identity
        | first :: others ->
            others
            |> List.fold (fun (count, form) (more, other) -> count * more, Kronecker.create count form other) first
            |> snd

    /// The form of the correlations and the nugget.
    let formOf (design: ResidualDesign) =
        let form = processOf design
        if design.Term.HasNugget then Nugget.add form else form

    /// The variance functions.
    let variancesOf (design: ResidualDesign) =
        design.Variances
        |> List.map (fun (variance, values) ->
            match variance, values with
            | _, VarianceValues.Groups(levels, _) -> VarianceForm.perGroup (Array.ofSeq levels)
            | VarianceFunction.ConstantPower _, _ -> VarianceForm.constantPower
            | VarianceFunction.Exponential _, _ -> VarianceForm.exponential
            | _, _ -> VarianceForm.power)

    // Ranges of very different lengths are proposed: without those between, a short one that is no good may seem the best.
    let private halfway (a: float[]) (b: float[]) =
        Array.map2 (fun a b -> 0.5 * (a + b)) a b

    /// One level's covariances.
    let private single (design: ResidualDesign) : ResidualModel =
        let form = formOf design
        let variances = variancesOf design

        // Rows of a subject at one place differ by their nuggets.
        let sharedAt (tau: Jet[]) : int -> Jet =
            if design.Term.HasNugget then
                Nugget.shared (processOf design) tau
            else
                fun _ -> Jet.one

        let positions =
            design.Factors |> List.fold (fun product axis -> product * axis.Labels.Length) 1

        let blocks =
            ParameterBlock.ofForm form :: List.map ParameterBlock.ofVariance variances

        {
            Parameters = ParameterBlock.concat blocks
            FurtherStarts =
                form.FurtherStarts
                |> Array.collect (fun own -> [| own; halfway form.Start own |])
                |> Array.map (fun own -> Array.concat (own :: [ for block in blocks.Tail -> block.Start ]))
            Element =
                fun tau ->
                    let parts = ParameterBlock.split blocks tau
                    let covariance = remembered positions form parts.Head
                    let shared = sharedAt parts.Head

                    let deviations =
                        List.map2 (fun (form: VarianceForm) part -> form.Deviation part) variances parts.Tail
                        |> Array.ofList

                    fun rows i j ->
                        let known = rows.RootVariances[i] * rows.RootVariances[j]

                        let mutable value =
                            if i <> j && rows.Positions[i] = rows.Positions[j] then
                                shared rows.Positions[i]
                            else
                                covariance rows.Positions[i] rows.Positions[j]

                        if known <> 1.0 then
                            value <- Jet.scale known value

                        for k in 0 .. deviations.Length - 1 do
                            let covariate = rows.Covariates[k]
                            value <- value *. deviations[k] covariate[i] *. deviations[k] covariate[j]

                        value
        }

    /// The same model with parameters of its own for each level of a factor.
    let private perLevel (levels: seq<string>) (model: ResidualModel) : ResidualModel =
        let blocks =
            levels
            |> Seq.mapi (fun index level ->
                let own = ParameterBlock.prefixed $"{level}: " model.Parameters

                if index = 0 then
                    own
                else
                    let deviation =
                        ParameterBlock.single
                            $"{level}: sd"
                            ParameterKind.StandardDeviation
                            0.0
                            Unconstrained.positive
                            Unconstrained.ofPositive

                    ParameterBlock.concat [ deviation; own ])
            |> List.ofSeq

        {
            Parameters = ParameterBlock.concat blocks
            FurtherStarts =
                model.FurtherStarts
                |> Array.map (fun own ->
                    blocks
                    |> Seq.mapi (fun index _ -> if index = 0 then own else Array.append [| 0.0 |] own)
                    |> Array.concat)
            Element =
                fun tau ->
                    let elements =
                        ParameterBlock.split blocks tau
                        |> List.mapi (fun index own ->
                            if index = 0 then
                                model.Element own
                            else
                                let variance = Jet.exp (Jet.scale 2.0 own[0])
                                let element = model.Element(Array.skip 1 own)

                                fun rows i j ->
                                    let value = element rows i j
                                    if Jet.isZero value then value else value *. variance)
                        |> Array.ofList

                    fun rows i j -> elements[rows.Levels[i]] rows i j
        }

    /// The model of a residual structure.
    let create (residual: ResidualDesign option) =
        match residual with
        | None -> independent
        | Some design ->
            match design.Levels with
            | None -> single design
            | Some(_, levels, _) -> single design |> perLevel levels

    /// The covariance of the rows of a block, m×m by columns.
    let matrix (element: ResidualRows -> int -> int -> Jet) (rows: ResidualRows) : Jet[] =
        let m = rows.Subjects.Length
        let elements: Jet[] = Array.create (m * m) Jet.zero

        for j in 0 .. m - 1 do
            for i in j .. m - 1 do
                if rows.Subjects[i] = rows.Subjects[j] then
                    let value = element rows i j
                    elements[i + j * m] <- value
                    elements[j + i * m] <- value

        elements
