"""The small words and special letters by which languages in Latin script are told apart."""

# ruff: noqa: RUF001 - Turkish has an i without a dot

from collections.abc import Mapping

# The commonest words of grammar in articles; one that several languages share counts for less.
SMALL_WORDS: Mapping[str, str] = {
    "cs": "a aby ale ani asi až během bez bude být byl byla bylo co či další do ho i jak jako je"
    " jeho jejich jen ještě již jsem jsme jsou k kde kdy když která které který li má můžete na"
    " nebo není o od po pod podle pokud pro proč proto protože před při s se si své tak také tedy"
    " ten to tím tom u už v ve vám více všechny však z za ze že",
    "da": "af alle alt andre at blev bliver da de dem den denne der deres det dette dig din du"
    " efter eller en er et flere for fra få før gøre han har have hvad hvis hvor hvordan hvorfor"
    " i ikke jeg kan kun lige man med meget men mere mig min mod må nogle noget nu når og også om"
    " op os over på sig sin skal som så til ud uden var ved vi vil være",
    "de": "aber alle als am an auch auf aus bei bin bis da damit dann das dass dem den der des die"
    " dies diese dieser durch ein eine einem einen einer eines er es etwas für gegen gibt"
    " habe haben hat hier ich ihr im immer in ist ja jetzt kann kein keine können man mehr mein"
    " mit muss nach nicht noch nun nur ob oder ohne sehr sein seine seit sich sie sind so sondern"
    " über um und uns unter vom von vor war warum was weil wenn werden wie wieder wir wird wo"
    " wurde zu zum zur zwischen",
    "en": "a about after all also an and any are as at be because been before but by can could do"
    " does each for from get had has have he her his how i if in into is isn it its just like"
    " make many may me more most my need new no not of on one only or other our out over own s she"
    " should so some than that the their them then there these they this those to too under up us"
    " use used using was we were what when where which while who why will with without would you"
    " your",
    "es": "a al algo algunos aquí así aunque cada como cómo con cuando cuál de del desde donde dos"
    " el ella en entre era es esa ese eso esta está estas este esto estos ha había hace hacer han"
    " hasta hay la las le les lo los más me mi mientras muy no nos nuestro o otra otro para pero"
    " poder por porque puede que qué quien se ser si sí sin sobre son su sus también tan tanto"
    " tiene todo todos tu un una uno unos usar y ya yo",
    "fi": "ei eikä ennen että he hän ja jo jos joka jotka kaikki kanssa kuin kun kuten käyttää me"
    " mikä minä miten mitä mukaan mutta myös ne niin niitä noin nyt näin ole oli olla olen on"
    " ovat se sekä sen siitä sitä tai tämä tämän te tulee tässä vain vaan vielä voi voit yli",
    "fr": "à afin ai ainsi alors après au aucun aussi autre aux avant avec avez avoir bien c ce"
    " ces cet cette ceux chaque comme comment d dans de depuis des deux donc du elle elles en"
    " entre est et été être fait faire il ils j je jour l la le les leur leurs lors lui mais même"
    " moi moins mon n ne nos notre nous on ont ou où par parce pas peu peut plus pour pourquoi qu"
    " quand que quel quelle qui s sa sans se ses si son sont sous sur tous tout toutes très un"
    " une vers via voici vos votre vous y",
    "hu": "a akkor amely amit az azt azonban be csak de egy egyik el és ez ezek ezt ha hogy hogyan"
    " ilyen is kell ki későbbi lehet lesz lett már meg mert mi miért mint minden még nagy nagyon"
    " ne nem nincs olyan pedig sem számára szerint után új vagy vagyok van vannak volt által össze",
    "id": "ada adalah agar akan anda antara apa atau bagi bagaimana bahwa banyak beberapa belum"
    " bisa cara dalam dan dapat dari dengan di hanya harus hingga ini itu jika juga kami karena"
    " ke kita lain lebih maka membuat mereka menggunakan menjadi namun oleh pada para pernah saat"
    " sangat saya sebagai sebuah secara sebelum seperti setelah sudah suatu telah tentang terhadap"
    " tersebut tidak untuk yang",
    "it": "a ad agli ai al alla alle anche c che chi ci come con così cosa cui da dal dalla dei"
    " del della delle dello di dopo dove due e è ecco ed era fare fra gli ha hanno ho i il in io"
    " l la le lo loro ma mentre mi molto nei nel nella nelle noi non o ogni ora per perché però"
    " più può prima quale quando quanto quello questa questo qui se senza si sia solo sono stata"
    " stato su sua sul sulla suo tra tutti tutto un una uno usare vi",
    "nl": "aan al alle als andere bij dan dat de deze die dit doen door dus een eens en er geen"
    " gebruik gebruiken haar had heb hebben heeft hem het hier hij hoe hun ik in is je jouw kan"
    " kunnen maar maken meer met mijn moet na naar niet nieuwe nog nu of om onder ons onze ook op"
    " over te tegen tot u uit uw van vanaf veel voor waar waarom wanneer was wat we wel werd wij"
    " worden wordt zal ze zich zij zijn zo zonder",
    "no": "alle alt andre at av ble blir da de deg dem den denne der det dette din du eller en er"
    " et etter flere for fra få før gjøre ha han har hva hvis hvor hvordan hvorfor i ikke jeg kan"
    " kun litt man med meg mellom men mer min mot mye må noe noen nå når og også om opp oss over"
    " på seg sin skal som så til under ut uten var ved vi vil være",
    "pl": "a aby ale albo bardzo bez był była było być co czy czyli dla do gdy gdzie i ich ile"
    " innych ja jak jako je jednak jego jej jest jeszcze jeśli już każdy kiedy która które który"
    " lub ma mamy może można my na nad nam nas nie niż o od oraz po pod ponieważ przed przez przy"
    " sam się są ta tak także tam te tego tej ten to tu tylko tym u w we więc wszystko z za ze"
    " został że żeby",
    "pt": "a ainda além ao aos as até cada com como da das de dela dele depois desde do dos e é"
    " ela ele eles em entre era essa esse esta está estão este eu fazer foi foram há isso isto já"
    " lhe mais mas me mesmo meu muito na não nas nem no nos nossa o onde os ou para pela pelo pode"
    " por porque qual quando que quem são se sem ser seu seus só sobre sua suas também tem ter"
    " todos tudo um uma umas uns usar você vocês",
    "ro": "a acest această aceste ai al ale am anul are asta așa astfel au avea ca când care ce"
    " cea cei cel cele cu cum către da dacă dar de deci decât despre din doar după ei el ele era"
    " este eu fără fi fie fost iar îi în între la le lor lui mai mult multe ne noastre noi nu o"
    " pe pentru până prin poate să sale sau se spre sunt și tot toate trebuie un una unei unor"
    " unui va vă voi",
    "sk": "a aby aj ako ale alebo ani až bez bol bola bolo bude budú by byť cez čo do ho i ich iba"
    " jeho jej je k kde keď ktorá ktoré ktorí ktorý ku len má majú medzi môže možno na nad nie o"
    " od po podľa počas pod pre prečo pred pri proti s sa si sme so som sú tak tento to toho tom"
    " tým už v veľmi viac vo však z za zo že",
    "sv": "alla allt att av bara blev bli blir de dem den denna det detta dig din du där efter"
    " eller en ett flera från få för före genom göra ha han har hon hur i in inte jag kan kommer"
    " man med mellan men mer mig min mot mycket måste nu när någon något några och också om oss på"
    " sedan sig sin ska skulle som så till under upp ut utan vad var varför vi vid vilket vill är"
    " över",
    "tr": "ama ancak bazı belki ben bir biz bu buna bunu çok çünkü da daha de değil diye en gibi"
    " göre hangi hem hep her hiç için ile ise iki kadar kendi ki kim mı mi mu nasıl ne neden"
    " olan olarak oldu olduğu olması olur olarak onu önce sadece sen siz son sonra şekilde şey şu"
    " tüm üzerinde var ve veya ya yani yapmak yeni yok",
    "vi": "bạn bằng bị bởi các cách cái cần cho chỉ chúng có của cũng cùng của đã đang đây để đến"
    " đi điều đó được giữa hay hơn khi khiến không là lại làm lên mà mình mỗi một nào này nên nếu"
    " người nhiều như nhưng những phải qua ra rất rồi sau sẽ sử dụng ta tại theo thì tôi trên"
    " trong trước từ tới và vào vẫn về vì việc với",
}  # fmt: skip

# Letters beyond a to z that its words are written with; one that no other language has is proof.
LETTERS: Mapping[str, str] = {
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøåé",
    "de": "äöüß",
    "es": "áéíñóúü¿¡",
    "fi": "äöå",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "hu": "áéíóöőúüű",
    "it": "àèéìíîòóùú",
    "nl": "éëïóöü",
    "no": "æøåé",
    "pl": "ąćęłńóśźż",
    "pt": "ãáâàçéêíõóôúü",
    "ro": "ăâîșşțţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sv": "åäöé",
    "tr": "çğıöşüâ",
    "vi": "àáạảãâầấậẩẫăằắặẳẵèéẹẻẽêềếệểễìíịỉĩòóọỏõôồốộổỗơờớợởỡùúụủũưừứựửữỳýỵỷỹđ",
}

# How longer words end; a weak sign, for English words stand in the prose of every language.
ENDINGS: Mapping[str, str] = {
    "cs": "ního ních ním ací ují nost osti ského ckých ové",
    "da": "hed elser ering erne ede ighed ende",
    "de": "ung ungen heit keit lich liche lichen isch ische ischen schaft ieren iert enden",
    "en": "ing ings ed tion tions ity ness ment ments ly able ware ers ship less ful ally ized",
    "es": "ción ciones mente idad idades ando iendo ados adas miento ario",
    "fi": "issa issä ista istä llä lla ään aan sen iin ksi nen minen vat mme",
    "fr": "tion ment ments eur eurs euse ité ités aux ique iques ance ées ant oire",
    "hu": "ság ség nak nek ban ben ból ről hoz het tás tés ok ek",
    "id": "kan nya annya asi itas kannya",
    "it": "zione zioni mente ità ando endo ato ata ati ate aggio ismo enza anza",
    "nl": "ing ingen heid lijk lijke isch ische eren eert baar tie ties",
    "no": "het else ering ene ende ighet ing",
    "pl": "nie nia ania enie ość ości ych ego ować owy owa ów ach ami",
    "pt": "ção ções mente dade dades ando endo ados adas mento ário",
    "ro": "ului ilor are iei uri ție ții lor ește ează",
    "sk": "nie nia ania enie osť osti ého ých ový ová ov om ami oval",
    "sv": "het else ering arna erna ande ades ning ningar",
    "tr": "lar ler ları leri mak mek ması mesi dır dir yor için ında inde",
}  # fmt: skip
