namespace LmmFunctional

/// <summary>The covariance parameters of a marginal model as SAS has them, as functions of θ and log σ².</summary>
/// <remarks>Variances instead of standard deviations; covariances where the structure is linear in them: unstructured,
/// compound symmetry, Toeplitz. Small-sample methods with second derivatives depend on this choice.</remarks>
[<NoComparison; NoEquality>]
type internal NaturalScale = {
    Names: string[]
    /// As many as there are in θ, and one more; jets over θ and then log σ².
    Values: Jet[]
    /// Whether a parameter belongs to a variance of zero.
    AtBound: bool[]
}

[<RequireQualifiedAccess>]
module internal NaturalScale =

    /// The parameters of one level of the residuals, its variance given: variance · M.
    let private ofCorrelation (design: ResidualDesign) (variance: Jet) (form: CovarianceForm) (tau: Jet[]) =
        let natural = form.Natural tau
        let element = form.Element tau

        let plain () = [
            "variance", variance

            for i in 0 .. natural.Length - 1 do
                match form.Kinds[i] with
                | ParameterKind.StandardDeviation ->
                    form.Names[i].Replace("sd(", "var("), variance *. Jet.square natural[i]
                | ParameterKind.Variance -> form.Names[i], variance *. natural[i]
                | _ -> form.Names[i], natural[i]
        ]

        match design.Factors with
        | [ axis ] when not design.Term.HasNugget ->
            let m = axis.Labels.Length

            match axis.Structure with
            | Structure.Unstructured -> [
                for j in 0 .. m - 1 do
                    for i in j .. m - 1 do
                        $"cov({axis.Labels[j]},{axis.Labels[i]})", variance *. element i j
              ]
            | Structure.CompoundSymmetry ->
                let shared = variance *. natural[0]
                [ "covariance", shared; "variance", variance -. shared ]
            | Structure.Toeplitz _ -> [
                "variance", variance

                for k in 0 .. natural.Length - 1 do
                    $"covariance{k + 1}", variance *. natural[k]
              ]
            | _ -> plain ()
        | _ -> plain ()

    let private ofResiduals (design: ResidualDesign option) (variance: Jet) (tau: Jet[]) =
        match design with
        | None -> [ "Residual", variance ]
        | Some design ->
            let form = ResidualModel.formOf design
            let variances = ResidualModel.variancesOf design

            let blocks =
                ParameterBlock.ofForm form :: List.map ParameterBlock.ofVariance variances

            let level prefix variance tau = [
                let parts = ParameterBlock.split blocks tau

                for name, value in ofCorrelation design variance form parts.Head do
                    $"{prefix}{name}", value

                for variance, part in List.zip variances parts.Tail do
                    yield!
                        Array.zip variance.Names (variance.Natural part)
                        |> Array.map (fun (name, value) -> $"{prefix}{name}", value)
            ]

            match design.Levels with
            | None -> level "" variance tau
            | Some(_, levels, _) ->
                let count = (ParameterBlock.concat blocks).Names.Length

                levels
                |> Seq.mapi (fun g name ->
                    let start = if g = 0 then 0 else count + (g - 1) * (count + 1)

                    if g = 0 then
                        level $"{name}: " variance (Array.sub tau start count)
                    else
                        let own = variance *. Jet.exp (Jet.scale 2.0 tau[start])
                        level $"{name}: " own (Array.sub tau (start + 1) count))
                |> List.concat

    /// The parameters of a random term: elements of G on the user's scale, or the natural parameters of a form.
    let private ofTerm
        (design: RandomDesign)
        (standard: StandardisedTerm)
        (form: EffectsForm)
        variance
        (tau: Jet[])
        isFree
        = [
        match standard.Form with
        | Some form ->
            let natural = form.Natural tau
            let deviation = Jet.sqrt variance

            for i in 0 .. natural.Length - 1 do
                let value =
                    match form.Powers[i], form.Kinds[i] with
                    | 0, _ -> natural[i]
                    | 1, ParameterKind.StandardDeviation -> variance *. Jet.square natural[i]
                    | 1, _ -> deviation *. natural[i]
                    | _ -> variance *. natural[i]

                $"{design.Group}.{form.Names[i]}", value
        | None ->
            let n = form.Order
            let inner = RelativeFactor.toJets tau standard.Factor
            let transform = standard.Transform

            // T λ: the factor on the user's scale.
            let factor =
                Array.init (n * n) (fun at ->
                    let i, j = at % n, at / n

                    Seq.init n (fun k -> Jet.scale transform[i + k * n] inner[k + j * n])
                    |> Seq.reduce (+.))

            let entries = standard.Factor
            let deviation = Jet.sqrt variance

            for k in 0 .. RelativeFactor.count entries - 1 do
                let i, j = entries.EntryRows[k], entries.EntryColumns[k]

                let name =
                    $"{design.Group}.{design.Names[i]}"
                    + (if i = j then "" else $".{design.Names[j]}")

                // Elements of G would not determine a factor of lower rank.
                if isFree then
                    name,
                    variance
                    *. (Seq.init n (fun l -> factor[i + l * n] *. factor[j + l * n]) |> Seq.reduce (+.))
                else
                    name, deviation *. factor[i + j * n]
    ]

    /// <summary>The parameters of a model at a θ.</summary>
    /// <param name="design">The design.</param>
    /// <param name="standard">The same on the inner scale.</param>
    /// <param name="model">The marginal model.</param>
    /// <param name="useFactors">Entries of the factors of G instead of its elements.</param>
    /// <param name="isFixed">Parameters of θ that are held by a bound.</param>
    /// <param name="logVariance">log σ².</param>
    /// <param name="theta">The inner parameters.</param>
    let create
        (design: Design)
        (standard: Standardised)
        (model: MarginalModel)
        useFactors
        (isFixed: bool[])
        logVariance
        theta
        =
        let variables = Jet.variables (Array.append theta [| logVariance |])
        let variance = Jet.exp (Array.last variables)
        let starts = model.Layout.ParameterStarts

        let ofTerms =
            List.zip design.Random standard.Terms
            |> List.mapi (fun t (random, term) ->
                let own = variables[starts[t] .. starts[t + 1] - 1]
                let isHeld = Array.exists id isFixed[starts[t] .. starts[t + 1] - 1]
                ofTerm random term model.Forms[t] variance own (not useFactors && not isHeld))
            |> List.concat

        let tau = variables[model.Layout.Parameters .. variables.Length - 2]
        let all = ofTerms @ ofResiduals design.Residual variance tau

        {
            Names = all |> List.map fst |> Array.ofList
            Values = all |> List.map snd |> Array.ofList
            // Those of the residuals are not in the order of their coordinates.
            AtBound = Array.init all.Length (fun i -> i < model.Layout.Parameters && isFixed[i])
        }
