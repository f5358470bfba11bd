namespace LmmFunctional.Estimation

open LmmFunctional.Model

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

    let private prefixed prefix (parameters: (string * Jet) list) =
        parameters |> List.map (fun (name, value) -> $"{prefix}{name}", value)

    /// The parameters of several axes: the variance belongs to the first one whose positions differ in theirs.
    let private ofProduct variance (parts: (ResidualAxis * CovarianceForm * Jet[]) list) =
        let carrier =
            parts
            |> List.tryFindIndex (fun (_, form, _) -> not form.HasEqualVariances)
            |> Option.defaultValue 0

        parts
        |> List.mapi (fun at (axis, form, tau) ->
            let labels = axis.Labels

            if at = carrier then
                StructureScale.ofForm axis.Structure labels form variance tau
            else
                StructureScale.relative axis.Structure labels form tau
            |> prefixed (if parts.Length > 1 then $"{axis.Name}: " else ""))
        |> List.concat

    /// The parameters of the correlations of one level, its variance given.
    let private ofCorrelations (design: ResidualDesign) (variance: Jet) (tau: Jet[]) =
        let forms = ResidualModel.formsOf design

        let parts =
            ParameterBlock.split (forms |> List.map (snd >> ParameterBlock.ofForm)) tau
            |> List.map2 (fun (axis, form) own -> axis, form, own) forms

        let onAxes variance =
            match parts with
            | [] -> [ "variance", variance ]
            | parts -> ofProduct variance parts

        if not design.Term.HasNugget then
            onAxes variance
        elif parts |> List.forall (fun (_, form, _) -> form.HasEqualVariances) then
            // Two variances, of the process and of the noise: V is linear in them.
            let share = Unconstrained.proportion (Array.last tau)
            onAxes (variance -. variance *. share) @ [ "nugget", variance *. share ]
        else
            onAxes variance @ [ "nugget", Unconstrained.proportion (Array.last tau) ]

    /// The parameters of one level with a variance for each group: no group is another's reference.
    let private ofGroups (form: CovarianceForm) (levels: seq<string>) (variance: Jet) (tau: Jet[]) (deviations: Jet[]) =
        let variances =
            Seq.append [ variance ] (deviations |> Seq.map (fun own -> variance *. Jet.square own))

        [
            yield! Seq.map2 (fun level own -> $"var({level})", own) levels variances
            yield! StructureScale.plain form variance tau |> List.skip 1
        ]

    /// The parameters of one level of the residuals, its variance given.
    let private ofLevel (design: ResidualDesign) (variance: Jet) (tau: Jet[]) =
        let form = ResidualModel.formOf design
        let functions = ResidualModel.variancesOf design

        let parts =
            ParameterBlock.split (ParameterBlock.ofForm form :: List.map ParameterBlock.ofVariance functions) tau

        let natural =
            List.map2 (fun (own: VarianceForm) part -> own.Natural part) functions parts.Tail

        let groups =
            design.Variances
            |> List.indexed
            |> List.tryPick (fun (index, (_, values)) ->
                match values with
                | VarianceValues.Groups(levels, _) -> Some(index, levels)
                | _ -> None)

        [
            match groups with
            | Some(index, levels) -> yield! ofGroups form levels variance parts.Head natural[index]
            | None -> yield! ofCorrelations design variance parts.Head

            for index, (own, values) in List.indexed (List.zip functions natural) do
                if Option.map fst groups <> Some index then
                    yield! Array.zip own.Names values
        ]

    let private ofResiduals (design: ResidualDesign option) (variance: Jet) (tau: Jet[]) =
        match design with
        | None -> [ "Residual", variance ]
        | Some design ->
            match design.Levels with
            | None -> ofLevel design variance tau
            | Some(_, levels, _) ->
                // Each level but the first has a standard deviation of its own.
                let count = (tau.Length + 1) / levels.Length - 1

                levels
                |> Seq.mapi (fun g name ->
                    let start = if g = 0 then 0 else count + (g - 1) * (count + 1)

                    if g = 0 then
                        ofLevel design variance (Array.sub tau start count) |> prefixed $"{name}: "
                    else
                        let own = variance *. Jet.exp (Jet.scale 2.0 tau[start])
                        ofLevel design own (Array.sub tau (start + 1) count) |> prefixed $"{name}: ")
                |> List.concat

    let private ofForm (design: RandomDesign) (form: EffectsForm) isFree (variance: Jet) (natural: Jet[]) =
        let deviation = Jet.sqrt variance

        let plain () = [
            for i in 0 .. natural.Length - 1 do
                let value =
                    match form.Powers[i], form.Kinds[i] with
                    | 0, _ -> natural[i]
                    | 1, ParameterKind.StandardDeviation -> variance *. Jet.square natural[i]
                    | 1, _ -> deviation *. natural[i]
                    | _ -> variance *. natural[i]

                form.Names[i], value
        ]

        let own = variance *. Jet.square natural[0]

        match design.Axes, design.PerLevel with
        | [ structure, _ ], None when isFree ->
            match (Catalogue.modelOf structure).SasParameters with
            | SasParameters.Covariances covariances -> covariances own (Array.skip 1 natural)
            | _ -> plain ()
        | _ -> plain ()
        |> prefixed $"{design.Group}."

    /// The parameters of a random term: elements of G on the user's scale, or the parameters of a form as SAS has them.
    let private ofTerm
        (design: RandomDesign)
        (standard: StandardisedTerm)
        (form: EffectsForm)
        variance
        (tau: Jet[])
        isFree
        = [
        match standard.Form with
        | Some form -> yield! ofForm design form isFree variance (form.Natural tau)
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
