// A FIX 4.4 broker on a real QuickFIX engine, led by a test: commands come on standard input, what it got goes to
// standard output. It keeps orders and net positions in memory and sequence numbers and sent messages in files, so
// that it can be killed and started again. Commands: price, change, mode, fill, resend, skip, cut, stop.
#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>

using std::string;

struct Order {
    string id, number, symbol, side, kind, price, trigger;
    double quantity = 0, done = 0, cost = 0;
    string status = "0";
    bool living() const { return status == "0" || status == "1"; }
};

string text(double value) {
    std::ostringstream out;
    out.precision(12);
    out << value;
    return out.str();
}

string get(const FIX::FieldMap& from, int tag) { return from.isSetField(tag) ? from.getField(tag) : string(); }

class Broker : public FIX::Application {
  public:
    string password, mode = "normal", words;
    std::map<string, Order> orders;
    std::map<string, double> net, worth;
    std::map<string, std::pair<string, string>> prices;
    std::map<string, string> readers;  // symbol -> MDReqID
    FIX::SessionID peer;
    int numbers = 0;
    std::mutex lock;

    void tell(const string& line) { std::cout << line << std::endl; }
    void onCreate(const FIX::SessionID& id) override { peer = id; }
    void onLogon(const FIX::SessionID&) override { tell("logon"); }
    void onLogout(const FIX::SessionID&) override { tell("logout"); }
    void toAdmin(FIX::Message&, const FIX::SessionID&) override {}
    void toApp(FIX::Message&, const FIX::SessionID&) throw(FIX::DoNotSend) override {}
    void fromAdmin(const FIX::Message& m, const FIX::SessionID&) throw(
        FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {
        string kind = get(m.getHeader(), 35);
        if (kind == "A" && get(m, 554) != password) throw FIX::RejectLogon("wrong password");
        if (kind != "0") tell("admin " + kind);
    }
    void fromApp(const FIX::Message& m, const FIX::SessionID&) throw(
        FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::UnsupportedMessageType) override {
        std::lock_guard<std::mutex> hold(lock);
        string kind = get(m.getHeader(), 35);
        tell("got " + kind + " " + get(m, 11));
        if (mode == "silent" || (mode == "lose" && kind == "D")) return;
        if (mode == "deny" && (kind == "H" || kind == "AF" || kind == "AN")) throw FIX::UnsupportedMessageType();
        if (kind == "V") subscribe(m);
        else if (kind == "D") take(m);
        else if (kind == "F") cancel(m);
        else if (kind == "G") replace(m);
        else if (kind == "H") status(m);
        else if (kind == "AF") all(m);
        else if (kind == "AN") positions(m);
        else throw FIX::UnsupportedMessageType();
    }

    void send(FIX::Message& m) {
        if (mode != "mute") FIX::Session::sendToTarget(m, peer);
    }
    FIX::Message make(const string& kind) {
        FIX::Message m;
        m.getHeader().setField(35, kind);
        return m;
    }
    FIX::Message report(const Order& o, const string& what) {
        FIX::Message m = make("8");
        m.setField(37, o.number);
        m.setField(11, o.id);
        m.setField(17, what == "I" ? "0" : "E" + std::to_string(++numbers) + "-" + o.number);
        m.setField(150, what);
        m.setField(39, o.status);
        m.setField(55, o.symbol);
        m.setField(54, o.side);
        m.setField(40, o.kind);
        m.setField(38, text(o.quantity));
        if (!o.price.empty()) m.setField(44, o.price);
        if (!o.trigger.empty()) m.setField(99, o.trigger);
        m.setField(14, text(o.done));
        m.setField(151, text(o.living() ? o.quantity - o.done : 0));
        m.setField(6, text(o.done > 0 ? o.cost / o.done : 0));
        m.setField(FIX::TransactTime());
        return m;
    }
    void fill(Order& o, double quantity, double price) {
        o.done += quantity;
        o.cost += quantity * price;
        o.status = o.done + 1e-9 < o.quantity ? "1" : "2";
        double sign = o.side == "1" ? 1 : -1;
        net[o.symbol] += sign * quantity;
        worth[o.symbol] = price;
        FIX::Message m = report(o, "F");
        m.setField(32, text(quantity));
        m.setField(31, text(price));
        m.setField(12, "0.25");
        m.setField(13, "3");
        send(m);
    }
    void take(const FIX::Message& m) {
        Order o;
        o.id = get(m, 11), o.symbol = get(m, 55), o.side = get(m, 54), o.kind = get(m, 40);
        o.price = get(m, 44), o.trigger = get(m, 99), o.quantity = std::stod(get(m, 38));
        o.number = "B" + o.id;
        bool again = orders.count(o.id) > 0;
        if (mode == "reject" || again) {
            o.status = "8";
            FIX::Message r = report(o, "8");
            r.setField(103, again ? "6" : "0");
            r.setField(58, again ? "duplicate" : words);
            send(r);
            return;
        }
        Order& kept = orders[o.id] = o;
        FIX::Message r = report(kept, mode == "strange" ? "Z" : "0");
        send(r);
        look(kept);
    }
    // Fills an order that the price has reached, or half of it.
    void look(Order& o) {
        bool buys = o.side == "1";
        double now = std::stod(buys ? prices[o.symbol].second : prices[o.symbol].first), sign = buys ? 1 : -1;
        if (o.kind == "2" && (now - std::stod(o.price)) * sign > 0) return;
        if (o.kind == "3" && (now - std::stod(o.trigger)) * sign < 0) return;
        double left = o.quantity - o.done;
        fill(o, mode == "half" ? left / 2 : left, now);
    }
    void no(const FIX::Message& m, const string& to, const string& status) {
        FIX::Message r = make("9");
        r.setField(37, orders.count(get(m, 41)) ? orders[get(m, 41)].number : "NONE");
        r.setField(11, get(m, 11));
        r.setField(41, get(m, 41));
        r.setField(39, status);
        r.setField(434, to);
        r.setField(102, orders.count(get(m, 41)) ? "0" : "1");
        send(r);
    }
    void cancel(const FIX::Message& m) {
        auto found = orders.find(get(m, 41));
        if (found == orders.end() || !found->second.living()) return no(m, "1", "8");
        found->second.status = "4";
        FIX::Message r = report(found->second, "4");
        r.setField(11, get(m, 11));
        r.setField(41, get(m, 41));
        send(r);
    }
    void replace(const FIX::Message& m) {
        auto found = orders.find(get(m, 41));
        if (found == orders.end() || !found->second.living()) return no(m, "2", "8");
        Order o = found->second;
        found->second.status = "5";
        o.id = get(m, 11), o.number = "B" + o.id, o.quantity = std::stod(get(m, 38)), o.price = get(m, 44), o.trigger = get(m, 99);
        orders[o.id] = o;
        FIX::Message r = report(o, "5");
        r.setField(41, get(m, 41));
        send(r);
    }
    void status(const FIX::Message& m) {
        auto found = orders.find(get(m, 11));
        Order none;
        none.id = get(m, 11), none.number = "NONE", none.symbol = get(m, 55), none.side = "1", none.kind = "1";
        none.status = "8";
        FIX::Message r = report(found == orders.end() ? none : found->second, "I");
        if (found == orders.end()) r.setField(103, "5");
        send(r);
    }
    void all(const FIX::Message& m) {
        std::vector<const Order*> living;
        for (auto& each : orders)
            if (each.second.living()) living.push_back(&each.second);
        Order none;
        none.number = "NONE", none.id = "NONE", none.symbol = "NONE", none.side = "1", none.kind = "1", none.status = "8";
        if (living.empty()) living.push_back(&none);
        size_t count = living[0] == &none ? 0 : living.size();
        for (size_t index = 0; index < living.size(); ++index) {
            FIX::Message r = report(*living[index], "I");
            r.setField(584, get(m, 584));
            r.setField(911, std::to_string(mode == "partial" ? count + 1 : count));
            send(r);
        }
    }
    void positions(const FIX::Message& m) {
        std::vector<string> open;
        for (auto& each : net)
            if (each.second != 0) open.push_back(each.first);
        if (open.empty()) {
            FIX::Message r = make("AO");
            r.setField(710, get(m, 710));
            r.setField(727, "0");
            r.setField(728, "2");
            r.setField(729, "0");
            send(r);
        }
        for (auto& symbol : open) {
            FIX::Message r = make("AP");
            r.setField(721, "P-" + symbol);
            r.setField(710, get(m, 710));
            r.setField(727, std::to_string(open.size() + (mode == "partial")));
            r.setField(728, "0");
            r.setField(55, symbol);
            r.setField(730, text(worth[symbol]));
            FIX::Group group(702, 703);
            group.setField(703, "TQ");
            group.setField(net[symbol] > 0 ? 704 : 705, text(std::abs(net[symbol])));
            r.addGroup(group);
            send(r);
        }
    }
    void subscribe(const FIX::Message& m) {
        FIX::Group asked(146, 55);
        m.getGroup(1, asked);
        string symbol = asked.getField(55);
        if (!prices.count(symbol)) {
            FIX::Message r = make("Y");
            r.setField(262, get(m, 262));
            r.setField(281, "0");
            r.setField(58, "no such symbol");
            send(r);
            return;
        }
        readers[symbol] = get(m, 262);
        snapshot(symbol);
    }
    void snapshot(const string& symbol) {
        FIX::Message r = make("W");
        r.setField(262, readers[symbol]);
        r.setField(55, symbol);
        FIX::Group bid(268, 269), ask(268, 269);
        bid.setField(269, "0"), bid.setField(270, prices[symbol].first);
        ask.setField(269, "1"), ask.setField(270, prices[symbol].second);
        r.addGroup(bid);
        r.addGroup(ask);
        send(r);
    }
    void change(const string& symbol, const string& side, const string& price) {
        FIX::Message r = make("X");
        r.setField(262, readers[symbol]);
        FIX::Group entry(268, 279);
        entry.setField(279, "1"), entry.setField(269, side), entry.setField(55, symbol), entry.setField(270, price);
        r.addGroup(entry);
        send(r);
    }
    void command(const string& line) {
        std::lock_guard<std::mutex> hold(lock);
        std::istringstream in(line);
        string verb, a, b, c;
        in >> verb >> a >> b >> c;
        FIX::Session* session = FIX::Session::lookupSession(peer);
        if (verb == "price") {
            prices[a] = {b, c};
            if (readers.count(a)) snapshot(a);
            for (auto& each : orders)
                if (each.second.living() && each.second.symbol == a) look(each.second);
        } else if (verb == "change") change(a, b, c);
        else if (verb == "mode") mode = a, words = b;
        else if (verb == "fill" && orders.count(a)) fill(orders[a], std::stod(b), std::stod(c));
        else if (verb == "resend") {
            FIX::Message r = make("2");
            r.setField(7, a);
            r.setField(16, b);
            send(r);
        } else if (verb == "skip") session->setNextSenderMsgSeqNum(session->getExpectedSenderNum() + std::stoi(a));
        else if (verb == "back") session->setNextSenderMsgSeqNum(std::stoi(a));
        else if (verb == "cut") session->logout("cut");
        tell("done " + line);
    }
};

int main(int, char** argv) {
    string port = argv[1], store = argv[2], reset = argv[4], dictionary = argv[5];
    Broker broker;
    broker.password = argv[3];
    broker.prices = {{"US30", {"39000.5", "39002.0"}}, {"XAUUSD", {"2400.10", "2400.35"}}};
    std::stringstream words;
    words << "[DEFAULT]\nConnectionType=acceptor\nSocketAcceptPort=" << port << "\nSocketReuseAddress=Y\n"
          << "FileStorePath=" << store << "\nStartTime=00:00:00\nEndTime=00:00:00\n"
          << "UseDataDictionary=Y\nDataDictionary=" << dictionary << "\n"
          << "ResetOnLogon=" << reset << "\nCheckLatency=N\n"
          << "[SESSION]\nBeginString=FIX.4.4\nSenderCompID=BROKER\nTargetCompID=DESK\n";
    FIX::SessionSettings settings(words);
    FIX::FileStoreFactory stores(settings);
    FIX::SocketAcceptor acceptor(broker, stores, settings);
    acceptor.start();
    broker.tell("ready");
    string line;
    while (std::getline(std::cin, line) && line != "stop") broker.command(line);
    acceptor.stop();
    return 0;
}
